// FakeClock: a clock that stands still until a test moves it. Thread-safe.
#ifndef OSTIARY_TESTS_SUPPORT_FAKE_CLOCK_H_
#define OSTIARY_TESTS_SUPPORT_FAKE_CLOCK_H_

#include <atomic>

#include "common/clock.h"

namespace ostiary {

class FakeClock final : public Clock {
 public:
  MonoTime Now() const override { return MonoTime(MonoDuration(elapsed_.load())); }
  absl::Time WallNow() const override {
    return absl::FromUnixSeconds(1'700'000'000) + absl::Nanoseconds(elapsed_.load());
  }
  void Advance(MonoDuration by) { elapsed_ += by.count(); }

 private:
  std::atomic<MonoDuration::rep> elapsed_{0};
};

}  // namespace ostiary

#endif  // OSTIARY_TESTS_SUPPORT_FAKE_CLOCK_H_
