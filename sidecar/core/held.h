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
  };
  What what = What::kServerStart;
  std::string line;
  StoredId id;  // of kRequest and kList; of kCancel the request that it cancels
  uint64_t request_serial = 0;
  AnswerShape denial_shape = AnswerShape::kError;
  ListPlan plan;  // of kList

  // What must be allowed: one access, and for a list one for each different name.
  std::vector<Access> accesses;

  // Filled in by Decisions.
  enum class Mark : uint8_t { kUnknown, kDenied, kAllowed };
  std::vector<Mark> marks;             // one for each access
  Verdict verdict;                     // the last that came
  Revision revision;                   // and its revision
  std::optional<Undecided> undecided;  // set: no decision could be had
  size_t unknown = 0;                  // marks that are kUnknown
  size_t cost = 0;                     // bytes that it counts for while held
  uint64_t serial = 0;
  MonoTime deadline;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_HELD_H_
