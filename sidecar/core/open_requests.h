// OpenRequests: the requests of one direction that have no answer yet.
//
// Each direction has its own, since ids are separate. One thread. Ids of up to 40 bytes are kept in
// place, so opening and closing a request allocates nothing once the table has grown.
#ifndef OSTIARY_SIDECAR_CORE_OPEN_REQUESTS_H_
#define OSTIARY_SIDECAR_CORE_OPEN_REQUESTS_H_

#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "sidecar/core/message_id.h"
#include "sidecar/core/methods.h"

namespace ostiary::sidecar {

enum class RequestState : uint8_t {
  kWaiting,    // its decision is being asked for: the other side has not seen it
  kForwarded,  // the other side owes an answer
  kCancelled,  // forwarded, and the asker has said that it wants no answer any more
  kFiltering,  // answered; what the answer may show is being asked for
};

struct OpenRequest {
  Method method = Method::kOther;
  RequestState state = RequestState::kForwarded;
  // Never the same twice: tells a request from a later one with its id.
  uint64_t serial = 0;
};

class OpenRequests {
 public:
  explicit OpenRequests(size_t capacity) : capacity_(capacity) {}

  // Valid until the next Open or Close; nullptr where no such request is open.
  OpenRequest* Find(const MessageId& id);
  // Opens a request that is not open. Nullptr where the table is full: cancelled requests whose
  // answer would not be filtered are forgotten before that.
  OpenRequest* Open(const MessageId& id, Method method, RequestState state);
  void Close(const MessageId& id);
  void Clear();
  // The answer has come and is being filtered.
  void Settle(OpenRequest* request);
  // The asker wants no answer any more; one may still come. `request` was forwarded.
  void Cancel(OpenRequest* request);

  // Every entry, cancelled ones too, in no order: fn(const StoredId&, const OpenRequest&).
  template <typename Fn>
  void ForEach(Fn fn) const {
    for (const auto& [id, request] : map_) {
      fn(id, request);
    }
  }

  // Without the cancelled ones.
  size_t size() const { return map_.size() - cancelled_; }

 private:
  void ForgetCancelled();

  const size_t capacity_;
  uint64_t last_serial_ = 0;
  size_t cancelled_ = 0;
  absl::flat_hash_map<StoredId, OpenRequest, IdHash, IdEq> map_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_OPEN_REQUESTS_H_
