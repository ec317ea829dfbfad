// The machine's clock, and the annotated lock with its condition variable.
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "common/clock.h"
#include "common/mutex.h"
#include "common/unique_fd.h"
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

// A machine that sleeps is not at hand. In a time namespace of its own, a process has another
// CLOCK_BOOTTIME and the same CLOCK_MONOTONIC.
TEST(ClockTest, TheMachinesClockCountsTheTimeThatItSlept) {
  constexpr char kOffset[] = "boottime 86400 0";
  const MonoTime before = Clock::System().Now();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t outside = ::fork();
  if (outside == 0) {
    const int file = ::unshare(CLONE_NEWTIME) == 0
                         ? ::open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC)
                         : -1;
    if (::write(file, kOffset, sizeof(kOffset) - 1) != sizeof(kOffset) - 1) ::_exit(77);
    const pid_t inside = ::fork();
    if (inside == 0) {
      const auto now = Clock::System().Now().time_since_epoch().count();
      ::_exit(::write(ends[1], &now, sizeof(now)) == sizeof(now) ? 0 : 1);
    }
    int status = 1;
    ::waitpid(inside, &status, 0);
    ::_exit(status == 0 ? 0 : 1);
  }
  int status = 1;
  ::waitpid(outside, &status, 0);
  ::close(ends[1]);
  const UniqueFd result(ends[0]);
  if (status == 77 << 8) GTEST_SKIP() << "no time namespaces here";
  ASSERT_EQ(status, 0);
  MonoDuration::rep now = 0;
  ASSERT_EQ(::read(result.get(), &now, sizeof(now)), ssize_t{sizeof(now)});
  EXPECT_GE(MonoTime(MonoDuration(now)) - before, std::chrono::hours(24));
  EXPECT_LT(MonoTime(MonoDuration(now)) - before, std::chrono::hours(25));
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
