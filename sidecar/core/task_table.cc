#include "sidecar/core/task_table.h"

#include <algorithm>

namespace ostiary::sidecar {

bool TaskTable::Add(absl::string_view id, const AccessView& maker) {
  if (id.size() > kMaxIdBytes || capacity_ == 0) {
    return false;
  }
  if (const auto found = makers_.find(id); found != makers_.end()) {
    std::vector<Access>& makers = found->second;
    if (std::any_of(makers.begin(), makers.end(),
                    [&maker](const Access& known) { return AccessView(known) == maker; })) {
      return true;
    }
    if (makers.size() >= kMaxMakersOfATask) {
      return false;
    }
    makers.push_back(maker.Copy());
    return true;
  }
  if (order_.size() >= capacity_) {
    makers_.erase(order_.front());
    order_.pop_front();
  }
  makers_[std::string(id)].push_back(maker.Copy());
  order_.emplace_back(id);
  return true;
}

const std::vector<Access>* TaskTable::Find(absl::string_view id) const {
  const auto found = makers_.find(id);
  return found == makers_.end() ? nullptr : &found->second;
}

}  // namespace ostiary::sidecar
