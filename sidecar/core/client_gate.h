// ClientGate: a message of the client waits here for its decision, then goes on or is denied.
#ifndef OSTIARY_SIDECAR_CORE_CLIENT_GATE_H_
#define OSTIARY_SIDECAR_CORE_CLIENT_GATE_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sidecar/core/access_view.h"
#include "sidecar/core/denial.h"
#include "sidecar/core/session.h"

namespace ostiary::sidecar {

// A message of the client at the gate: views of its line, or of the Held that keeps it.
struct GateMessage {
  Held::What what = Held::What::kRequest;
  absl::string_view line;
  MessageId id;                    // as Held::id
  OpenRequest* request = nullptr;  // with that id; nullptr where there is none, or none any more
  AnswerShape denial_shape = AnswerShape::kError;
};

class ClientGate {
 public:
  explicit ClientGate(Session* session) : session_(*session) {}

  // Passes the message on, denies it or holds it. All accesses must be allowed.
  void Decide(const GateMessage& message, absl::Span<const NeededAccess> accesses, MonoTime now);
  // A message that was held is decided: see Decisions.
  void OnDecided(const Held& held);

 private:
  void Hold(const GateMessage& message, absl::Span<const NeededAccess> accesses, MonoTime now);
  void PassOn(const GateMessage& message);
  void Deny(const GateMessage& message, const Denial& denial);
  // Its request is nullptr where it was cancelled meanwhile.
  GateMessage MessageOf(const Held& held);
  Denial DenialOf(const AccessView& access) const;

  Session& session_;
  DenialWriter denials_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_CLIENT_GATE_H_
