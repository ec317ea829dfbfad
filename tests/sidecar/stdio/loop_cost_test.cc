// A call whose decision is cached takes no lock and allocates nothing, on all of its way: from the
// client's pipe through the reader, the enforcer and the queue to the server's pipe, and back; or
// back to the client at once, where it is denied. What a denial writes to the log (from level info
// on) is not counted here.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "common/mutex.h"
#include "tests/sidecar/stdio/loop_rig.h"
#include "tests/support/allocation_counter.h"
#include "tests/support/lock_counter.h"

namespace ostiary::sidecar {
namespace {

struct Case {
  const char* name;
  const char* call;
  const char* answer;  // none: denied
};

constexpr Case kCases[] = {
    {"Allowed",
     R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read_file",)"
     R"("arguments":{"path":"/a/\u00e9"},"_meta":{"progressToken":1}}})",
     R"({"result":{"content":[{"type":"text","text":"hello\n"}]},"jsonrpc":"2.0","id":7})"},
    {"AllowedWithALongId",
     R"({"jsonrpc":"2.0","id":"5f2b6f0e-6d0f-4a51-8f0e-0d9c3a1b2c3d","method":"tools/call",)"
     R"("params":{"name":"read_file","arguments":{}}})",
     R"({"jsonrpc":"2.0","id":"5f2b6f0e-6d0f-4a51-8f0e-0d9c3a1b2c3d","result":{"content":[]}})"},
    {"Denied",
     R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"forbidden",)"
     R"("arguments":{"path":"/a"}}})",
     ""},
};

class LoopCostTest : public ::testing::TestWithParam<Case> {};

TEST_P(LoopCostTest, ACachedCallTakesNoLockAndAllocatesNothing) {
  LoopRig rig(GetParam().call, GetParam().answer);
  std::thread loop([&rig] { rig.Run(); });
  EXPECT_TRUE(rig.Play(100));

  const size_t allocated = allocations.load();
  const size_t locked = locks_taken.load();
  EXPECT_TRUE(rig.Play(1000));
  const size_t allocated_behind = allocations.load();
  const size_t locked_behind = locks_taken.load();
  EXPECT_EQ(allocated_behind - allocated, 0U) << "by 1,000 calls";
  EXPECT_EQ(locked_behind - locked, 0U) << "by 1,000 calls";

  rig.HangUp();
  loop.join();
}

INSTANTIATE_TEST_SUITE_P(Calls, LoopCostTest, ::testing::ValuesIn(kCases),
                         [](const auto& tested) { return tested.param.name; });

TEST(LockCounterTest, Counts) {
  const size_t before = locks_taken.load();
  Mutex mutex;
  const MutexLock lock(&mutex);
  EXPECT_GT(locks_taken.load(), before);
}

TEST(AllocationCounterTest, CountsWhatTheCLibraryAllocates) {
  if (!kCountsMalloc) GTEST_SKIP() << "AddressSanitizer's own malloc is not counted";
  const size_t before = allocations.load();
  char* const copy = ::strdup("a copy");
  EXPECT_GT(allocations.load(), before);
  std::free(copy);
}

}  // namespace
}  // namespace ostiary::sidecar
