// ListChanges: tells the client which of its lists a change of policy changed: those and no others.
//
// After a change every name that the client has been shown, or that was hidden from it, is decided
// anew. A list of which one decision differs has changed; so has one of which that cannot be known.
#ifndef OSTIARY_SIDECAR_CORE_LIST_CHANGES_H_
#define OSTIARY_SIDECAR_CORE_LIST_CHANGES_H_

#include "sidecar/core/held.h"
#include "sidecar/core/session.h"

namespace ostiary::sidecar {

class ListChanges {
 public:
  explicit ListChanges(Session* session) : session_(*session) {}

  // The policy is another one from now on.
  void OnPolicyChanged(MonoTime now);
  // The names of a list are decided: see Decisions.
  void OnDecided(const Held& held);

 private:
  void Tell(ListGroup group);

  Session& session_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_LIST_CHANGES_H_
