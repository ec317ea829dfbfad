#include "pdp/server/decide.h"

#include <cstddef>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "pdp/server/convert.h"

namespace ostiary::pdp {

absl::Status RequirePolicy(const PublishedPolicy* policy) {
  if (policy != nullptr) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "no policy has loaded yet, so nothing can be decided: ask Status what is wrong with the "
      "rules");
}

absl::Status DecideOne(const PublishedPolicy& policy, absl::string_view agent,
                       const v1::Access& access, const RequestLimits& limits, v1::Decision* out) {
  const std::optional<AccessKind> kind = AccessKindFromProto(access.kind());
  if (!kind.has_value()) {
    return absl::InvalidArgumentError(
        "kind is missing or unknown: give SERVER, TOOL, RESOURCE or PROMPT");
  }
  OSTIARY_RETURN_IF_ERROR(ValidateAccess(access.server(), *kind, access.name(), limits));
  const AccessRequest request{agent, access.server(), *kind, access.name()};
  const Decision decision = policy.snapshot->Decide(request);
  DecisionToProto(decision, policy.snapshot->Explain(request, decision), out);
  return absl::OkStatus();
}

absl::Status DecideAll(const PublishedPolicy& policy, absl::string_view agent,
                       const google::protobuf::RepeatedPtrField<v1::Access>& accesses,
                       const RequestLimits& limits,
                       google::protobuf::RepeatedPtrField<v1::Decision>* out) {
  if (static_cast<size_t>(accesses.size()) > limits.max_accesses) {
    return absl::ResourceExhaustedError(absl::StrCat("accesses has ", accesses.size(),
                                                     " entries; at most ", limits.max_accesses,
                                                     " are allowed in one request"));
  }
  out->Reserve(accesses.size());
  size_t bytes = 0;
  for (int i = 0; i < accesses.size(); ++i) {
    const absl::Status status = DecideOne(policy, agent, accesses[i], limits, out->Add());
    if (!status.ok()) {
      return {status.code(), absl::StrCat("accesses[", i, "]: ", status.message())};
    }
    bytes += (*out)[i].ByteSizeLong();
    if (bytes > limits.max_answer_bytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the first ", i + 1, " of ", accesses.size(), " decisions take ", bytes,
                       " bytes with their rules; at most ", limits.max_answer_bytes,
                       " are allowed in one answer: ask for fewer at once, or shorten the rules"));
    }
  }
  return absl::OkStatus();
}

}  // namespace ostiary::pdp
