// Clock: the only way to the time. Tests inject tests/support/fake_clock.h.
#ifndef OSTIARY_COMMON_CLOCK_H_
#define OSTIARY_COMMON_CLOCK_H_

#include <chrono>

#include "absl/time/time.h"

namespace ostiary {

// The time since the machine started, the time that it slept counted (CLOCK_BOOTTIME): a lease that
// was given before a laptop was closed has ended when it is opened, which std::chrono's steady
// clock would not say. A type of its own, so that its points do not mix with that clock's.
struct MonoClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonoClock>;
  static constexpr bool is_steady = true;
};

// For deadlines, leases and intervals, never for people.
using MonoTime = MonoClock::time_point;
using MonoDuration = MonoClock::duration;

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
