// The machine's clock, and the annotated lock with its condition variable.
#include <thread>

#include "common/clock.h"
#include "common/mutex.h"
#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"

namespace ostiary {
namespace {

TEST(ClockTest, TheMachinesClockNeverGoesBack) {
  MonoTime last = Clock::System().Now();
  for (int i = 0; i < 1000; ++i) {
    const MonoTime now = Clock::System().Now();
    ASSERT_GE(now, last);
    last = now;
  }
  EXPECT_GT(Clock::System().WallNow(),
            absl::FromCivil(absl::CivilDay(2020, 1, 1), absl::UTCTimeZone()));
}

TEST(ClockTest, TheFakeClockStandsStillUntilMoved) {
  FakeClock clock;
  const MonoTime before = clock.Now();
  const absl::Time wall_before = clock.WallNow();
  EXPECT_EQ(clock.Now(), before);
  clock.Advance(std::chrono::milliseconds(1500));
  EXPECT_EQ(clock.Now() - before, std::chrono::milliseconds(1500));
  EXPECT_EQ(clock.WallNow() - wall_before, absl::Milliseconds(1500));
}

// Two threads count to 2 x 10,000 in turns: needs exclusion and wakes in both directions.
TEST(MutexTest, ThreadsTakeTurns) {
  Mutex mutex;
  CondVar turned;
  int count = 0;
  const auto take_turns = [&](int parity) {
    for (int i = 0; i < 10'000; ++i) {
      MutexLock lock(&mutex);
      while (count % 2 != parity) turned.Wait(&mutex);
      ++count;
      turned.NotifyAll();
    }
  };
  std::thread odd(take_turns, 1);
  take_turns(0);
  odd.join();
  EXPECT_EQ(count, 20'000);
}

TEST(MutexTest, WaitUntilTellsThatTheDeadlinePassed) {
  Mutex mutex;
  CondVar never_notified;
  MutexLock lock(&mutex);
  const MonoTime deadline = Clock::System().Now() + std::chrono::milliseconds(5);
  while (never_notified.WaitUntil(&mutex, deadline)) {
  }
  EXPECT_GE(Clock::System().Now(), deadline);
}

}  // namespace
}  // namespace ostiary
