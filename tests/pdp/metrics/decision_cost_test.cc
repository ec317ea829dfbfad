// What a PDP does for a check between the wire and the wire, the policy that decides looked up, the
// decision made, counted and timed, takes no lock and allocates nothing.
#include <memory>

#include "gtest/gtest.h"
#include "pdp/metrics/call_times.h"
#include "pdp/metrics/decision_counts.h"
#include "pdp/policy/load.h"
#include "pdp/reload/policy_store.h"
#include "tests/support/allocation_counter.h"
#include "tests/support/lock_counter.h"

namespace ostiary::pdp {
namespace {

TEST(DecisionCostTest, ACheckTakesNoLockAndAllocatesNothing) {
  PolicyStore store("epoch");
  store.Publish(LoadPolicy({{"rules.json", R"({"agents": {"a": {
                              "allow": {"servers": ["s"], "tools": {"s": ["read_*"]}},
                              "deny": {"tools": {"s": ["*_all"]}}}}})"},
                            {}})
                    .snapshot,
                {});
  DecisionCounts counts;
  CallTimes times;
  const auto check = [&](absl::string_view tool) {
    const CallTimer timer(Rpc::kCheck, Clock::System(), &times);
    const std::shared_ptr<const PublishedPolicy> policy = store.Current();
    counts.Count(policy->snapshot->Decide({"a", "s", AccessKind::kTool, tool}));
  };
  check("read_file");  // this thread's first

  const size_t allocated = allocations.load();
  const size_t locked = locks_taken.load();
  for (int i = 0; i < 1000; ++i) {
    for (const absl::string_view tool : {"read_file", "read_all", "write_file"}) check(tool);
  }
  const size_t allocated_behind = allocations.load();
  const size_t locked_behind = locks_taken.load();
  EXPECT_EQ(allocated_behind - allocated, 0U) << "by 3,000 checks";
  EXPECT_EQ(locked_behind - locked, 0U) << "by 3,000 checks";
  EXPECT_EQ(counts.Read().Of(Effect::kAllow, Reason::kPatternAllow), 1001U);
}

}  // namespace
}  // namespace ostiary::pdp
