// The hot path allocates nothing and takes no lock: a call whose decision is cached, and its
// answer. And no message is parsed twice. This binary counts all three.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/json/json_document.h"
#include "tests/sidecar/core/lean_harness.h"
#include "tests/support/allocation_counter.h"
#include "tests/support/lock_counter.h"

// CMakeLists.txt has the linker put the first of these where others call JsonDocument::Parse, which
// becomes the second; as functions they take the document as their first parameter.
namespace ostiary {
namespace {
size_t parses = 0;
}  // namespace
bool RealParse(JsonDocument* document, absl::string_view text, const JsonLimits& limits,
               const JsonPieces* pieces) asm("__real_" OSTIARY_JSON_PARSE);
bool CountedParse(JsonDocument* document, absl::string_view text, const JsonLimits& limits,
                  const JsonPieces* pieces) asm("__wrap_" OSTIARY_JSON_PARSE);
bool CountedParse(JsonDocument* document, absl::string_view text, const JsonLimits& limits,
                  const JsonPieces* pieces) {
  ++parses;
  return RealParse(document, text, limits, pieces);
}
}  // namespace ostiary

namespace ostiary::sidecar {
namespace {

struct Case {
  const char* name;
  const char* id;
  const char* tool;
  bool allowed;
};

class AllocationTest : public ::testing::TestWithParam<Case> {};

TEST_P(AllocationTest, ACachedCallTakesNoLockAndAllocatesNothing) {
  const std::string call = absl::StrCat(
      R"({"jsonrpc":"2.0","id":)", GetParam().id, R"(,"method":"tools/call","params":{"name":")",
      GetParam().tool, R"(","arguments":{"path":"/a/\u00e9"},"_meta":{"progressToken":1}}})");
  const std::string answer = absl::StrCat(
      R"({"result":{"content":[{"type":"text","text":"hello\n"}]},"jsonrpc":"2.0","id":)",
      GetParam().id, "}");
  LeanHarness harness;
  const auto round_trip = [&] {
    harness.Client(call);
    harness.AnswerAll();
    if (GetParam().allowed) harness.Server(answer);
  };
  for (int i = 0; i < 100; ++i) round_trip();

  const size_t allocated = allocations.load();
  const size_t locked = locks_taken.load();
  const size_t parsed = parses;
  const size_t to_client = harness.client_bytes();
  const size_t to_server = harness.server_bytes();
  for (int i = 0; i < 1000; ++i) round_trip();
  const size_t allocated_behind = allocations.load();
  const size_t locked_behind = locks_taken.load();
  EXPECT_EQ(allocated_behind - allocated, 0U);
  EXPECT_EQ(locked_behind - locked, 0U);
  EXPECT_EQ(parses - parsed, GetParam().allowed ? 2'000U : 1'000U) << "one for each message";
  EXPECT_EQ(harness.server_bytes() - to_server, GetParam().allowed ? 1000 * call.size() : 0U);
  EXPECT_GT(harness.client_bytes(), to_client) << "each call is answered";
  EXPECT_EQ(harness.open_requests(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Calls, AllocationTest,
    ::testing::Values(Case{"Allowed", "7", "read_text_file", true},
                      Case{"AllowedWithALongId", R"("5f2b6f0e-6d0f-4a51-8f0e-0d9c3a1b2c3d")",
                           "read_text_file", true},
                      Case{"Denied", "7", "deny_text_file", false},
                      Case{"DeniedWithALongId", R"("5f2b6f0e-6d0f-4a51-8f0e-0d9c3a1b2c3d")",
                           "deny_text_file", false}),
    [](const auto& tested) { return tested.param.name; });

TEST(AllocationCounterTest, Counts) {
  const size_t before = allocations.load();
  std::vector<char> some(1000);
  EXPECT_FALSE(some.empty());
  EXPECT_GT(allocations.load(), before);
}

}  // namespace
}  // namespace ostiary::sidecar
