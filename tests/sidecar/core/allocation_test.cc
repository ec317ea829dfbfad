// The hot path allocates nothing: an allowed call whose decision is cached, and its answer. This
// binary counts every operator new.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/sidecar/core/lean_harness.h"
#include "tests/support/allocation_counter.h"

namespace ostiary::sidecar {
namespace {

class AllocationTest : public ::testing::TestWithParam<const char*> {};

TEST_P(AllocationTest, ACachedAllowedCallAndItsAnswerAllocateNothing) {
  const std::string id = GetParam();
  const std::string call = absl::StrCat(
      R"({"jsonrpc":"2.0","id":)", id,
      R"(,"method":"tools/call","params":{"name":"read_text_file","arguments":{"path":"/a/\u00e9"},)",
      R"("_meta":{"progressToken":1}}})");
  const std::string answer = absl::StrCat(
      R"({"result":{"content":[{"type":"text","text":"hello\n"}]},"jsonrpc":"2.0","id":)", id, "}");
  LeanHarness harness;
  const auto round_trip = [&] {
    harness.Client(call);
    harness.AnswerAll();
    harness.Server(answer);
  };
  for (int i = 0; i < 100; ++i) round_trip();

  const size_t before = allocations.load();
  const size_t bytes = harness.server_bytes();
  for (int i = 0; i < 1000; ++i) round_trip();
  EXPECT_EQ(allocations.load() - before, 0U);
  EXPECT_EQ(harness.server_bytes() - bytes, 1000 * call.size()) << "the calls were passed on";
  EXPECT_EQ(harness.open_requests(), 0U);
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
