// Clock: the only way to the time. Tests inject tests/support/fake_clock.h.
#ifndef OSTIARY_COMMON_CLOCK_H_
#define OSTIARY_COMMON_CLOCK_H_

#include <chrono>

#include "absl/time/time.h"

namespace ostiary {

// A point on the monotonic clock: for deadlines, leases and intervals, never for people.
using MonoTime = std::chrono::steady_clock::time_point;
using MonoDuration = std::chrono::steady_clock::duration;

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Never goes back, whatever is done to the machine's date.
  virtual MonoTime Now() const = 0;
  // The date, for Status and logs only.
  virtual absl::Time WallNow() const = 0;

  // The machine's clock; lives for ever.
  static const Clock& System();
};

}  // namespace ostiary

#endif  // OSTIARY_COMMON_CLOCK_H_
