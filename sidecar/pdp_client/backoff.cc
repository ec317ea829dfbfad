#include "sidecar/pdp_client/backoff.h"

#include <algorithm>

namespace ostiary::sidecar {

Backoff::Backoff(MonoDuration initial, MonoDuration max, uint32_t seed)
    : initial_(initial), max_(std::max(initial, max)), random_(seed) {}

MonoDuration Backoff::Next() {
  const bool first = span_ == MonoDuration::zero();
  // Compared with half of max_, so that doubling cannot overflow.
  span_ = first ? initial_ : span_ >= max_ / 2 ? max_ : span_ * 2;
  const MonoDuration least = first ? MonoDuration::zero() : span_ / 2;
  std::uniform_int_distribution<MonoDuration::rep> wait(least.count(), span_.count());
  return MonoDuration(wait(random_));
}

void Backoff::Worked(MonoDuration lasted) {
  if (lasted >= span_) span_ = MonoDuration::zero();
}

}  // namespace ostiary::sidecar
