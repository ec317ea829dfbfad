#include "sidecar/core/held_queue.h"

#include <utility>

namespace ostiary::sidecar {
namespace {

size_t Cost(const Held& held) {
  size_t cost = sizeof(Held) + held.line.capacity() +
                held.plan.elements.capacity() * sizeof(ListPlan::Element);
  for (const Access& access : held.accesses) {
    // Once here, once in the flight and once in the question, with what stands around it.
    cost += 3 * access.name.size() + 2 * sizeof(Access) + 128;
  }
  return cost;
}

}  // namespace

Held* HeldQueue::Add(Held* held) {
  held->cost = Cost(*held);
  if (held->cost > max_bytes_ - bytes_) {
    return nullptr;
  }
  held->serial = first_serial_ + held_.size();
  bytes_ += held->cost;
  messages_ += held->has_message() ? 1 : 0;
  from_server_ += held->is_from_server() ? 1 : 0;
  return held_.emplace_back(std::make_unique<Held>(std::move(*held))).get();
}

Held* HeldQueue::Find(uint64_t serial) {
  const uint64_t index = serial - first_serial_;
  return serial >= first_serial_ && index < held_.size() ? held_[index].get() : nullptr;
}

Held HeldQueue::Take(Held* held) {
  bytes_ -= held->cost;
  messages_ -= held->has_message() ? 1 : 0;
  from_server_ -= held->is_from_server() ? 1 : 0;
  Held taken = std::move(*held);
  held_[taken.serial - first_serial_].reset();
  while (!held_.empty() && held_.front() == nullptr) {
    held_.pop_front();
    ++first_serial_;
  }
  return taken;
}

void HeldQueue::DropAll() {
  first_serial_ += held_.size();
  held_.clear();
  messages_ = 0;
  from_server_ = 0;
  bytes_ = 0;
}

}  // namespace ostiary::sidecar
