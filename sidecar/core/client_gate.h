// ClientGate: a message of the client waits here for its decision, then goes on or is denied.
#ifndef OSTIARY_SIDECAR_CORE_CLIENT_GATE_H_
#define OSTIARY_SIDECAR_CORE_CLIENT_GATE_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sidecar/core/access_view.h"
#include "sidecar/core/denial.h"
#include "sidecar/core/session.h"

namespace ostiary::sidecar {

class ClientGate {
 public:
  explicit ClientGate(Session* session) : session_(*session) {}

  // Passes `line` on, denies it or holds it. `held` says what it is and is filled in where the line
  // has to be kept. All accesses must be allowed.
  void Decide(Held held, absl::Span<const NeededAccess> accesses, absl::string_view line,
              MonoTime now);
  // A message that was held is decided: see Decisions.
  void OnDecided(const Held& held);

 private:
  void PassOn(const Held& held, absl::string_view line);
  void Deny(const Held& held, const Denial& denial);
  // The open request of `held`; nullptr where it was cancelled meanwhile.
  OpenRequest* RequestOf(const Held& held);
  Denial DenialOf(const AccessView& access) const;

  Session& session_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_CLIENT_GATE_H_
