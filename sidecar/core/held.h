// Held: a message kept aside while its decision is being asked for, with all that is needed to send
// it on or to answer it. Its lines are copies.
#ifndef OSTIARY_SIDECAR_CORE_HELD_H_
#define OSTIARY_SIDECAR_CORE_HELD_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "sidecar/core/access_view.h"
#include "sidecar/core/decision_source.h"
#include "sidecar/core/denial.h"
#include "sidecar/core/list_filter.h"
#include "sidecar/core/message_id.h"

namespace ostiary::sidecar {

struct Held {
  enum class What : uint8_t {
    kServerStart,   // no message: whether the server may run
    kRequest,       // from the client
    kNotification,  // from the client
    kCancel,        // from the client: notifications/cancelled
    kResponse,      // from the client
    kList,          // from the server: an answer to be filtered
    kFromServer,    // from the server: a notification that is not for all
    kListChange,    // no message: whether a list that the client was shown has changed
  };
  What what = What::kServerStart;
  std::string line;
  StoredId id;  // of kRequest, kList and kResponse; of kCancel the request that it cancels
  uint64_t request_serial = 0;
  AnswerShape denial_shape = AnswerShape::kError;
  ListPlan plan;                        // of kList
  ListGroup group = ListGroup::kTools;  // of kListChange

  // What must be allowed, all of it; for a list, what is to be known of its elements.
  std::vector<Access> accesses;
  std::vector<Need> needs;  // of each access; empty: all must be allowed

  // Filled in by Decisions.
  enum class Mark : uint8_t { kUnknown, kDenied, kAllowed };
  std::vector<Mark> marks;  // one for each access
  // Unless it is about a list: the first access that is denied, by what, and under which policy.
  std::optional<size_t> denied;
  Verdict verdict;
  Revision revision;
  std::optional<Undecided> undecided;  // set: no decision could be had
  size_t unknown = 0;                  // marks that are kUnknown
  size_t cost = 0;                     // bytes that it counts for while held
  uint64_t serial = 0;
  MonoTime deadline;

  bool is_of_list() const { return what == What::kList || what == What::kListChange; }
  bool is_from_server() const { return what == What::kList || what == What::kFromServer; }
  bool has_message() const { return what != What::kServerStart && what != What::kListChange; }
  // Of a list's accesses; for anything else all must be allowed.
  std::vector<bool> allowed() const;
  Need need(size_t index) const { return needs.empty() ? Need::kAllowed : needs[index]; }
  void Add(const NeededAccess& needed) {
    accesses.push_back(needed.access.Copy());
    needs.push_back(needed.need);
  }
  bool is_allowed() const { return !undecided && !denied; }
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_HELD_H_
