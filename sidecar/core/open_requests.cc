#include "sidecar/core/open_requests.h"

namespace ostiary::sidecar {

OpenRequest* OpenRequests::Find(const MessageId& id) {
  const auto found = map_.find(id);
  return found == map_.end() ? nullptr : &found->second;
}

OpenRequest* OpenRequests::Open(const MessageId& id, Method method, RequestState state) {
  if (map_.size() >= capacity_) {
    ForgetCancelled();
    if (map_.size() >= capacity_) {
      return nullptr;
    }
  }
  OpenRequest& request = map_[StoredId(id)];
  request = {method, state, ++last_serial_};
  return &request;
}

void OpenRequests::Close(const MessageId& id) {
  if (const auto found = map_.find(id); found != map_.end()) {
    cancelled_ -= found->second.state == RequestState::kCancelled ? 1 : 0;
    map_.erase(found);
  }
}

void OpenRequests::Clear() {
  map_.clear();
  cancelled_ = 0;
}

void OpenRequests::Cancel(OpenRequest* request) {
  if (request->state == RequestState::kForwarded) {
    request->state = RequestState::kCancelled;
    ++cancelled_;
  }
}

void OpenRequests::Settle(OpenRequest* request) {
  cancelled_ -= request->state == RequestState::kCancelled ? 1 : 0;
  request->state = RequestState::kFiltering;
}

// A late list must never pass for the answer to a later request with its id, unfiltered: cancelled
// requests for lists stay.
void OpenRequests::ForgetCancelled() {
  if (cancelled_ == 0) {
    return;
  }
  cancelled_ -= absl::erase_if(map_, [](const auto& entry) {
    return entry.second.state == RequestState::kCancelled && !AnswerIsRead(entry.second.method);
  });
}

}  // namespace ostiary::sidecar
