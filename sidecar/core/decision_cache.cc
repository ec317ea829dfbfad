#include "sidecar/core/decision_cache.h"

#include <utility>

namespace ostiary::sidecar {

const Verdict* DecisionCache::Find(const AccessView& access) {
  const auto found = map_.find(access);
  if (found == map_.end()) {
    return nullptr;
  }
  order_.splice(order_.begin(), order_, found->second);
  return &found->second->verdict;
}

void DecisionCache::Insert(const AccessView& access, Verdict verdict) {
  if (capacity_ == 0 || access.name.size() > kMaxNameBytes) {
    return;
  }
  if (const auto found = map_.find(access); found != map_.end()) {
    found->second->verdict = std::move(verdict);
    order_.splice(order_.begin(), order_, found->second);
    return;
  }
  if (map_.size() == capacity_) {
    map_.erase(AccessView(order_.back().access));
    order_.pop_back();
  }
  order_.push_front({access.Copy(), std::move(verdict)});
  map_.emplace(AccessView(order_.front().access), order_.begin());
}

void DecisionCache::Clear() {
  map_.clear();
  order_.clear();
}

}  // namespace ostiary::sidecar
