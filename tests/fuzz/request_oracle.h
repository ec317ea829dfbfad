// What the PDP must answer, for the request fuzzer: the policies that it publishes, each beside the
// naive evaluator of tests/reference, and the faults of a request, written from the contract.
#ifndef OSTIARY_TESTS_FUZZ_REQUEST_ORACLE_H_
#define OSTIARY_TESTS_FUZZ_REQUEST_ORACLE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "ostiary/v1/decision.pb.h"
#include "pdp/policy/snapshot.h"
#include "pdp/server/access_validation.h"
#include "tests/reference/reference_policy.h"

namespace ostiary::pdp {

struct OraclePolicy {
  std::shared_ptr<const PolicySnapshot> snapshot;
  reference::ReferencePolicy reference;
};

// The policies, all different. Made once.
const std::vector<OraclePolicy>& OraclePolicies();

// Small, so that random requests pass them.
RequestLimits OracleLimits();

using Accesses = google::protobuf::RepeatedPtrField<v1::Access>;

// The code that a request must be refused with; kOk where it must be decided.
absl::StatusCode AgentFault(const std::string& agent);
absl::StatusCode AccessFault(const v1::Access& access);
absl::StatusCode AccessesFault(const Accesses& accesses);

// Ends the process where `decision` is not what the reference decides, or says less than it must.
void CheckDecision(const OraclePolicy& policy, const std::string& agent, const v1::Access& access,
                   const v1::Decision& decision);
void CheckDecisions(const OraclePolicy& policy, const std::string& agent, const Accesses& accesses,
                    const google::protobuf::RepeatedPtrField<v1::Decision>& decisions);

// Ends the process where a reader of the wire would not get `message` as it is.
void CheckOnTheWire(const google::protobuf::MessageLite& message);

}  // namespace ostiary::pdp

#endif  // OSTIARY_TESTS_FUZZ_REQUEST_ORACLE_H_
