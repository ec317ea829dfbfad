#include "tests/pdp/server/stuck_session.h"

#include <string>
#include <vector>

#include "grpcpp/client_context.h"
#include "gtest/gtest.h"

namespace ostiary::pdp {

StuckSession::StuckSession(const RunningPdp& pdp, uint64_t max_checks)
    : session_(pdp.Connect()), asker_([this, max_checks] { Ask(max_checks); }) {
  constexpr int kRoundTrips = 300;
  const auto other = pdp.Admin();
  uint64_t before = 0;
  for (int quiet = 0; quiet < kRoundTrips && before < max_checks; ++quiet) {
    grpc::ClientContext context;
    v1::StatusResponse ignored;
    EXPECT_TRUE(other->Status(&context, {}, &ignored).ok());
    const uint64_t now = sent_;
    if (now != before || now == 0) quiet = 0;
    before = now;
  }
}

void StuckSession::Ask(uint64_t max_checks) {
  const std::vector<v1::Access> accesses(kAccesses, ToolAccess("search", std::string(500, 't')));
  session_.Hello();
  v1::Revision mark;
  for (uint64_t id = 0; id < max_checks && session_.Check(id, accesses); ++id) {
    ++sent_;
    mark.set_generation(id + 1);
    if (!session_.Applied(mark)) return;
  }
}

uint64_t StuckSession::ReadByPdp(const RunningPdp& pdp) {
  const v1::StatusResponse status = pdp.Status();
  EXPECT_EQ(status.sidecars_size(), 1);
  return status.sidecars_size() == 1 ? status.sidecars(0).applied().generation() : 0;
}

}  // namespace ostiary::pdp
