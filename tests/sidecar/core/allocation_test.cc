// The hot path allocates nothing: an allowed call whose decision is cached, and its answer. This
// binary counts every operator new.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/log.h"
#include "sidecar/core/enforcer.h"
#include "tests/sidecar/core/enforcer_harness.h"
#include "tests/support/allocation_counter.h"

namespace ostiary::sidecar {
namespace {

// Counts lines, and keeps none.
class CountingOutput : public EnforcerOutput {
 public:
  void ToClient(absl::string_view line) override { client_bytes += line.size(); }
  void ToServer(absl::string_view line) override { server_bytes += line.size(); }
  void StartServer() override {}
  size_t client_bytes = 0;
  size_t server_bytes = 0;
};

class AllocationTest : public ::testing::TestWithParam<const char*> {
 protected:
  AllocationTest() : log_(-1, LogLevel::kError, Clock::System()) {
    enforcer_ = std::make_unique<Enforcer>(EnforcerOptions{}, &source_, &output_, log_);
    enforcer_->OnSourceEvent(SourceRevision{EnforcerHarness::Rev(1), now_ + std::chrono::hours(1)},
                             now_);
  }

  void RoundTrip(const std::string& call, const std::string& answer) {
    enforcer_->OnClientLine(call, now_);
    enforcer_->OnServerLine(answer, now_);
  }

  void AllowAll() {
    while (!source_.open.empty()) {
      SourceAnswer answer;
      answer.id = source_.open.front().id;
      answer.verdicts.resize(source_.open.front().accesses.size());
      for (Verdict& verdict : answer.verdicts) verdict.allowed = true;
      answer.revision = EnforcerHarness::Rev(1);
      source_.open.pop_front();
      enforcer_->OnSourceEvent(std::move(answer), now_);
    }
  }

  const Log log_;
  const MonoTime now_{std::chrono::seconds(1)};
  FakeSource source_;
  CountingOutput output_;
  std::unique_ptr<Enforcer> enforcer_;
};

TEST_P(AllocationTest, ACachedAllowedCallAndItsAnswerAllocateNothing) {
  const std::string id = GetParam();
  const std::string call = absl::StrCat(
      R"({"jsonrpc":"2.0","id":)", id,
      R"(,"method":"tools/call","params":{"name":"read_text_file","arguments":{"path":"/a/\u00e9"},)",
      R"("_meta":{"progressToken":1}}})");
  const std::string answer = absl::StrCat(
      R"({"result":{"content":[{"type":"text","text":"hello\n"}]},"jsonrpc":"2.0","id":)", id, "}");
  enforcer_->OnClientLine(call, now_);
  AllowAll();
  enforcer_->OnServerLine(answer, now_);
  for (int i = 0; i < 100; ++i) RoundTrip(call, answer);

  const size_t before = allocations.load();
  const size_t bytes = output_.server_bytes;
  for (int i = 0; i < 1000; ++i) RoundTrip(call, answer);
  EXPECT_EQ(allocations.load() - before, 0U);
  EXPECT_EQ(output_.server_bytes - bytes, 1000 * call.size()) << "the calls were passed on";
  EXPECT_EQ(enforcer_->open_requests(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Ids, AllocationTest,
                         ::testing::Values("7", R"("5f2b6f0e-6d0f-4a51-8f0e-0d9c3a1b2c3d")"));

TEST(AllocationCounterTest, Counts) {
  const size_t before = allocations.load();
  std::vector<char> some(1000);
  EXPECT_FALSE(some.empty());
  EXPECT_GT(allocations.load(), before);
}

}  // namespace
}  // namespace ostiary::sidecar
