// OpenRequests: the requests of one direction that have no answer yet.
//
// Each direction has its own, since ids are separate. One thread. Ids of up to 40 bytes are kept in
// place, so opening and closing a request allocates nothing once the table has grown.
#ifndef OSTIARY_SIDECAR_CORE_OPEN_REQUESTS_H_
#define OSTIARY_SIDECAR_CORE_OPEN_REQUESTS_H_

#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "sidecar/core/decision_source.h"
#include "sidecar/core/listen_streams.h"
#include "sidecar/core/message_id.h"
#include "sidecar/core/methods.h"
#include "sidecar/core/shown_lists.h"

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

  // What is needed to read its answer.
  bool names_revision = false;  // 2026-07-28 or later
  ListKind list = ListKind::kTools;
  Page page = Page::kFirst;
  ListenStreams::Groups listens = {};
  // Of a request that may make a task: what it is for, in the policy's terms. Else empty.
  absl::InlinedVector<char, 48> maker;
  AccessKind maker_kind = AccessKind::kTool;

  // Whether its answer is more to us than bytes: then it must not pass for another's.
  bool answer_is_read() const {
    return method == Method::kList || method == Method::kInitialize ||
           method == Method::kDiscover || !maker.empty();
  }
};

class OpenRequests {
 public:
  explicit OpenRequests(size_t capacity) : capacity_(capacity) {}

  // Valid until the next Open or Close; nullptr where no such request is open. To Close what was
  // found last costs no second look-up.
  OpenRequest* Find(const MessageId& id);
  // Opens a request that is not open, with the rest of its fields to be filled in. Nullptr where
  // `capacity` are open. Cancelled requests do not count, and are forgotten when there are many
  // unless their answer would be read.
  OpenRequest* Open(const MessageId& id, Method method, RequestState state);
  void Close(const MessageId& id);
  void Clear();
  // The answer has come and is being filtered.
  void Settle(OpenRequest* request);
  // The asker wants no answer any more; one may still come. `request` was forwarded. False where
  // too many are cancelled and have no answer yet: then it stays as it is, and the other side must
  // not hear of it either, so that its answer closes it.
  bool Cancel(OpenRequest* request);

  // Every entry, cancelled ones too, in no order: fn(const StoredId&, const OpenRequest&).
  template <typename Fn>
  void ForEach(Fn fn) const {
    for (const auto& [id, request] : map_) {
      fn(id, request);
    }
  }

  // Whether a call that may make a task has no answer yet. Takes time with the table.
  bool AnyMakesTask() const;

  // Without the cancelled ones.
  size_t size() const { return map_.size() - cancelled_; }

 private:
  void ForgetCancelled();

  const size_t capacity_;
  uint64_t last_serial_ = 0;
  size_t cancelled_ = 0;  // at most capacity_
  using Map = absl::flat_hash_map<StoredId, OpenRequest, IdHash, IdEq>;
  Map map_;
  Map::iterator found_ = map_.end();  // by the last Find, while the table is as it was
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_OPEN_REQUESTS_H_
