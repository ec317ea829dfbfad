#include "sidecar/core/open_requests.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace ostiary::sidecar {

OpenRequest* OpenRequests::Find(const MessageId& id) {
  found_ = map_.find(id);
  return found_ == map_.end() ? nullptr : &found_->second;
}

OpenRequest* OpenRequests::Open(const MessageId& id, Method method, RequestState state) {
  if (size() >= capacity_) {
    return nullptr;
  }
  // Made where it stays: it is large.
  const auto entry = map_.lazy_emplace(id, [&id](const auto& construct) {
    construct(std::piecewise_construct, std::forward_as_tuple(id), std::tuple<>());
  });
  found_ = map_.end();
  OpenRequest& request = entry->second;
  request.method = method;
  request.state = state;
  request.serial = ++last_serial_;
  return &request;
}

void OpenRequests::Close(const MessageId& id) {
  if (found_ == map_.end() || !IdEq()(found_->first, id)) {
    Find(id);
  }
  if (found_ != map_.end()) {
    cancelled_ -= found_->second.state == RequestState::kCancelled ? 1 : 0;
    map_.erase(found_);
    found_ = map_.end();
  }
}

void OpenRequests::Clear() {
  map_.clear();
  found_ = map_.end();
  cancelled_ = 0;
}

bool OpenRequests::Cancel(OpenRequest* request) {
  if (request->state != RequestState::kForwarded) {
    return true;
  }
  if (cancelled_ >= capacity_) {
    ForgetCancelled();
  }
  if (cancelled_ >= capacity_) {
    return false;
  }
  request->state = RequestState::kCancelled;
  ++cancelled_;
  return true;
}

bool OpenRequests::AnyMakesTask() const {
  return std::any_of(map_.begin(), map_.end(), [](const auto& entry) {
    return entry.second.state == RequestState::kForwarded && !entry.second.maker.empty();
  });
}

void OpenRequests::Settle(OpenRequest* request) {
  cancelled_ -= request->state == RequestState::kCancelled ? 1 : 0;
  request->state = RequestState::kFiltering;
}

// A late list must never pass for the answer to a later request with its id, unfiltered, nor a task
// for another tool's: such cancelled requests stay.
void OpenRequests::ForgetCancelled() {
  cancelled_ -= absl::erase_if(map_, [](const auto& entry) {
    return entry.second.state == RequestState::kCancelled && !entry.second.answer_is_read();
  });
  found_ = map_.end();
}

}  // namespace ostiary::sidecar
