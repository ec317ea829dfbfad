#include "pdp/reload/debouncer.h"

#include <algorithm>

namespace ostiary::pdp {

void Debouncer::Hint(MonoTime now) {
  if (!burst_.has_value()) burst_ = Burst{now, now};
  burst_->last = now;
}

std::optional<MonoTime> Debouncer::due() const {
  if (!burst_.has_value()) return std::nullopt;
  return std::min(burst_->last + quiet_, burst_->first + limit_);
}

bool Debouncer::Take(MonoTime now) {
  const std::optional<MonoTime> when = due();
  if (!when.has_value() || now < *when) return false;
  burst_.reset();
  return true;
}

}  // namespace ostiary::pdp
