// From a request's messages to decisions: what Check, BatchCheck and a session's checks share.
//
// Pure functions; any thread. All decisions of one call are made by the one policy given.
#ifndef OSTIARY_PDP_SERVER_DECIDE_H_
#define OSTIARY_PDP_SERVER_DECIDE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "ostiary/v1/decision.pb.h"
#include "pdp/metrics/decision_counts.h"
#include "pdp/reload/policy_store.h"
#include "pdp/server/access_validation.h"
#include "pdp/server/call_memory.h"

namespace ostiary::pdp {

// OK, or FAILED_PRECONDITION where `policy` is nullptr: nothing has loaded, nothing is decided.
absl::Status RequirePolicy(const PublishedPolicy* policy);

// Decides one access, and appends the v1.Decision to the answer as its field `field`.
// INVALID_ARGUMENT says what is missing, RESOURCE_EXHAUSTED what is too large; the answer is then
// not to be used, and nothing was counted. `agent` has been validated.
absl::Status DecideOne(const PublishedPolicy& policy, absl::string_view agent,
                       const v1::Access& access, const RequestLimits& limits, int field,
                       DecisionCounts* counts, CallMemory* memory);

// Decides all, in order, or none: an error names the first access that is wrong by its index.
// No accesses are no decisions, which is not an error: a server may list no tools.
absl::Status DecideAll(const PublishedPolicy& policy, absl::string_view agent,
                       const google::protobuf::RepeatedPtrField<v1::Access>& accesses,
                       const RequestLimits& limits, int field, DecisionCounts* counts,
                       CallMemory* memory);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_DECIDE_H_
