// ServerSide: what becomes of a line from the server: on to the client, changed where it would show
// what may not be seen, or nothing.
#ifndef OSTIARY_SIDECAR_CORE_SERVER_SIDE_H_
#define OSTIARY_SIDECAR_CORE_SERVER_SIDE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "sidecar/core/json_rpc.h"
#include "sidecar/core/list_answers.h"
#include "sidecar/core/request_accesses.h"
#include "sidecar/core/session.h"

namespace ostiary::sidecar {

class ServerSide {
 public:
  explicit ServerSide(Session* session);

  void OnLine(absl::string_view line, MonoTime now);
  void OnLineTooLong(absl::string_view head, absl::string_view tail);
  // A list or a notification that was held is decided: see Decisions.
  void OnDecided(const Held& held);

 private:
  void OnRequest(const Message& message);
  void OnNotification(const Message& message, MonoTime now);
  void OnResponse(const Message& message, MonoTime now);
  void OnRefused(const Refusal& refusal, absl::string_view line);

  // A notification that only some may see.
  void Decide(const Message& message, Notification notification, MonoTime now);
  void Acknowledged(const Message& message);
  void Declared(const Message& message, const OpenRequest& request);
  void NoteTask(const JsonValue& result, const OpenRequest& request);
  // The client gets an error for its request in place of an answer that is not let through.
  void Withhold(const MessageId& id, absl::string_view why);
  void Drop(absl::string_view why, absl::string_view what);

  Session& session_;
  MessageReader reader_;
  RequestAccesses accesses_;
  ListAnswers lists_;
  std::string scratch_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_SERVER_SIDE_H_
