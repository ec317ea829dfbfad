// ClientSide: what becomes of a line from the client: on to the server, an answer in its place, or
// nothing.
#ifndef OSTIARY_SIDECAR_CORE_CLIENT_SIDE_H_
#define OSTIARY_SIDECAR_CORE_CLIENT_SIDE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "sidecar/core/client_gate.h"
#include "sidecar/core/denial.h"
#include "sidecar/core/json_rpc.h"
#include "sidecar/core/request_accesses.h"
#include "sidecar/core/session.h"

namespace ostiary::sidecar {

class ClientSide {
 public:
  explicit ClientSide(Session* session);

  void OnLine(absl::string_view line, MonoTime now);
  void OnLineTooLong(absl::string_view head, absl::string_view tail);
  // A message that was held is decided: see Decisions.
  void OnDecided(const Held& held) { gate_.OnDecided(held); }

 private:
  void OnRequest(const Message& message, MonoTime now);
  void OnNotification(const Message& message, MonoTime now);
  void OnCancelled(const Message& message, MonoTime now);
  void OnResponse(const Message& message, MonoTime now);

  // False where the request is answered already, since no decision can let it pass.
  bool ReadAccesses(const Message& message, Method method);
  // Opens the request; nullptr, with an answer given, where that cannot be.
  OpenRequest* Open(const Message& message, const MethodUse& use);
  AnswerShape DenialShape(const Message& message, Method method) const;

  void Answer(const Refusal& refusal, absl::string_view line);
  // Answers with an error; without an id where its request is open and will get its own answer.
  void AnswerError(const MessageId& id, int code, absl::string_view message);

  // Gives the server an error in place of the client's answer to its request, where it waits.
  void AnswerServer(const MessageId& id, int code, absl::string_view message);

  absl::Span<const NeededAccess> Server() const { return absl::MakeConstSpan(&server_access_, 1); }

  Session& session_;
  ClientGate gate_;
  const NeededAccess server_access_{{AccessKind::kServer, ""}};
  MessageReader reader_;
  RequestAccesses accesses_;
  std::string scratch_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_CLIENT_SIDE_H_
