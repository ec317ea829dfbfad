// To be preloaded: a wall clock that a test can move while the program runs, and nothing else.
//
// Adds the nanoseconds that stand in the file WALL_CLOCK (8 bytes, of this machine's order) to
// whatever tells the time of day. Waits until a time of day, which Abseil and so gRPC have, end
// when the moved clock says so, as they do where the machine's own clock is moved.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>

namespace {

constexpr int64_t kSecond = 1'000'000'000;
// How soon a wait notices that the clock was moved.
constexpr int64_t kLook = 5'000'000;

const volatile int64_t* moved_by = nullptr;

__attribute__((constructor)) void MapFile() {
  const char* const path = getenv("WALL_CLOCK");
  const int fd = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  void* const bytes = mmap(nullptr, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
  if (bytes != MAP_FAILED) moved_by = static_cast<const volatile int64_t*>(bytes);
  close(fd);
}

int64_t Offset() { return moved_by == nullptr ? 0 : *moved_by; }

template <typename Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

int64_t Nanoseconds(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }
timespec Timespec(int64_t nanoseconds) { return {nanoseconds / kSecond, nanoseconds % kSecond}; }

int RealTime(clockid_t clock, timespec* time) {
  static auto* const next = Next<int(clockid_t, timespec*)>("clock_gettime");
  return next(clock, time);
}

int64_t RealNow() {
  timespec time = {};
  RealTime(CLOCK_REALTIME, &time);
  return Nanoseconds(time);
}

using Syscall = long(long, ...);

// In slices, so that a move of the clock is noticed. The kernel compares the word anew each time,
// so no wake-up is lost between two of them.
long WaitUntilTimeOfDay(Syscall* next, const long* a) {
  const int64_t deadline = Nanoseconds(*reinterpret_cast<const timespec*>(a[3]));
  while (true) {
    const int64_t real_deadline = deadline - Offset();
    const int64_t look = RealNow() + kLook;
    const timespec until = Timespec(real_deadline < look ? real_deadline : look);
    const long result = next(SYS_futex, a[0], a[1], a[2], &until, a[4], a[5]);
    if (result == 0 || errno != ETIMEDOUT || RealNow() >= deadline - Offset()) return result;
  }
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) {
  const int result = RealTime(clock, time);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    *time = Timespec(Nanoseconds(*time) + Offset());
  }
  return result;
}

int gettimeofday(timeval* time, void* /*zone*/) {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  *time = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* time) {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  if (time != nullptr) *time = now.tv_sec;
  return now.tv_sec;
}

long syscall(long number, ...) {
  static auto* const next = Next<Syscall>("syscall");
  long a[6];
  va_list arguments;
  va_start(arguments, number);
  for (long& argument : a) argument = va_arg(arguments, long);
  va_end(arguments);
  const auto operation = static_cast<int>(a[1]);
  if (number == SYS_futex && (operation & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET &&
      (operation & FUTEX_CLOCK_REALTIME) != 0 && a[3] != 0) {
    return WaitUntilTimeOfDay(next, a);
  }
  return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

}  // extern "C"
