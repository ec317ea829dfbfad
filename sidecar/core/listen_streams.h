// ListenStreams: the subscriptions/listen requests that are open (revision 2026-07-28), so that a
// change of policy reaches those that asked to hear of it.
//
// A stream starts with the server's acknowledgement: what is to be told before waits for it. One
// thread.
#ifndef OSTIARY_SIDECAR_CORE_LISTEN_STREAMS_H_
#define OSTIARY_SIDECAR_CORE_LISTEN_STREAMS_H_

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "common/json/json_document.h"
#include "sidecar/core/message_id.h"
#include "sidecar/core/methods.h"

namespace ostiary::sidecar {

class ListenStreams {
 public:
  using Groups = std::array<bool, kListGroups>;

  // The groups that a listen request asks for; `notifications` is its parameter of that name.
  static Groups Wanted(const std::optional<JsonValue>& notifications);

  // More are not told of the policy's changes, so that a reload costs little: clients have one.
  static constexpr size_t kMaxStreams = 64;

  // The request goes to the server.
  void Open(const StoredId& id, const Groups& wanted);
  // It is answered or cancelled.
  void Close(const MessageId& id);
  void Clear() { streams_.clear(); }

  // What the stream asked for; nullptr where none with this id is open.
  const Groups* Find(const MessageId& id) const;
  // The acknowledgement has gone to the client, which hears of `honoured` from now on: the
  // notifications that waited for it.
  std::vector<std::string> Acknowledge(const MessageId& id, const Groups& honoured);
  // The notifications that tell of a change, one for each stream that asked and is open.
  std::vector<std::string> Notify(ListGroup group);

 private:
  struct Stream {
    StoredId id;
    Groups wanted;
    Groups owed = {};
    bool acknowledged = false;
  };
  Stream* FindStream(const MessageId& id);

  std::vector<Stream> streams_;  // few: clients have one
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_LISTEN_STREAMS_H_
