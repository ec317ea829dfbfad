#include "pdp/reload/debouncer.h"

#include <chrono>

#include "gtest/gtest.h"

namespace ostiary::pdp {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kQuiet(100);
constexpr milliseconds kLimit(1000);

MonoTime At(int ms) { return MonoTime(milliseconds(ms)); }

TEST(DebouncerTest, WithoutAHintNothingIsDue) {
  Debouncer debouncer(kQuiet, kLimit);
  EXPECT_EQ(debouncer.due(), std::nullopt);
  EXPECT_FALSE(debouncer.Take(At(1'000'000)));
}

TEST(DebouncerTest, OneHintIsDueAfterTheQuietTimeAndOnce) {
  Debouncer debouncer(kQuiet, kLimit);
  debouncer.Hint(At(0));
  EXPECT_EQ(debouncer.due(), At(100));
  EXPECT_FALSE(debouncer.Take(At(99)));
  EXPECT_TRUE(debouncer.Take(At(100)));
  EXPECT_FALSE(debouncer.Take(At(100)));
  EXPECT_EQ(debouncer.due(), std::nullopt);
}

TEST(DebouncerTest, EachHintStartsTheQuietTimeAgain) {
  Debouncer debouncer(kQuiet, kLimit);
  debouncer.Hint(At(0));
  debouncer.Hint(At(60));
  debouncer.Hint(At(130));
  EXPECT_FALSE(debouncer.Take(At(229)));
  EXPECT_TRUE(debouncer.Take(At(230)));
}

TEST(DebouncerTest, ASteadyStreamIsPutOffNoLongerThanTheLimit) {
  Debouncer debouncer(kQuiet, kLimit);
  for (int ms = 0; ms < 1000; ms += 50) {
    EXPECT_FALSE(debouncer.Take(At(ms))) << ms;
    debouncer.Hint(At(ms));
  }
  EXPECT_EQ(debouncer.due(), At(1000));
  EXPECT_TRUE(debouncer.Take(At(1000)));
}

TEST(DebouncerTest, TheNextBurstHasALimitOfItsOwn) {
  Debouncer debouncer(kQuiet, kLimit);
  debouncer.Hint(At(0));
  EXPECT_TRUE(debouncer.Take(At(100)));
  debouncer.Hint(At(5000));
  EXPECT_EQ(debouncer.due(), At(5100));
}

}  // namespace
}  // namespace ostiary::pdp
