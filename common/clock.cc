#include "common/clock.h"

#include <time.h>

#include "absl/time/clock.h"

namespace ostiary {
namespace {

class SystemClock final : public Clock {
 public:
  MonoTime Now() const override {
    timespec now = {};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return MonoTime(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
  }
  absl::Time WallNow() const override { return absl::Now(); }
};

}  // namespace

const Clock& Clock::System() {
  static const SystemClock* const clock = new SystemClock;
  return *clock;
}

}  // namespace ostiary
