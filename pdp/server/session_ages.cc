#include "pdp/server/session_ages.h"

namespace ostiary::pdp {
namespace {

constexpr double kYoungest = 0.7;
constexpr double kOldest = 0.9;
// The clock counts 292 years in nanoseconds, and an end past that would lie before the beginning.
constexpr absl::Duration kNever = absl::Hours(100 * 365 * 24);

}  // namespace

SessionAges::SessionAges(absl::Duration connection_age, uint32_t seed)
    : connection_age_(connection_age), random_(seed) {}

void SessionAges::Add(uint64_t number, MonoTime now) {
  if (connection_age_ >= kNever) return;
  std::uniform_real_distribution<double> part(kYoungest, kOldest);
  const MonoTime end = now + absl::ToChronoNanoseconds(part(random_) * connection_age_);
  by_number_[number] = by_end_.emplace(end, number);
}

void SessionAges::Remove(uint64_t number) {
  const auto found = by_number_.find(number);
  if (found == by_number_.end()) return;
  by_end_.erase(found->second);
  by_number_.erase(found);
}

std::vector<uint64_t> SessionAges::TakeDue(MonoTime now) {
  std::vector<uint64_t> due;
  while (!by_end_.empty() && by_end_.begin()->first <= now) {
    due.push_back(by_end_.begin()->second);
    by_number_.erase(due.back());
    by_end_.erase(by_end_.begin());
  }
  return due;
}

}  // namespace ostiary::pdp
