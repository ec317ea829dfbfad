#include "sidecar/core/task_table.h"

#include <algorithm>

namespace ostiary::sidecar {

bool TaskTable::Add(absl::string_view id, absl::string_view tool) {
  if (id.size() > kMaxIdBytes || capacity_ == 0) {
    return false;
  }
  if (const auto found = tools_.find(id); found != tools_.end()) {
    std::vector<std::string>& tools = found->second;
    if (std::find(tools.begin(), tools.end(), tool) != tools.end()) {
      return true;
    }
    if (tools.size() >= kMaxToolsOfATask) {
      return false;
    }
    tools.emplace_back(tool);
    return true;
  }
  if (order_.size() >= capacity_) {
    tools_.erase(order_.front());
    order_.pop_front();
  }
  tools_[std::string(id)].emplace_back(tool);
  order_.emplace_back(id);
  return true;
}

const std::vector<std::string>* TaskTable::Find(absl::string_view id) const {
  const auto found = tools_.find(id);
  return found == tools_.end() ? nullptr : &found->second;
}

}  // namespace ostiary::sidecar
