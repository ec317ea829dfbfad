#include "pdp/server/decide.h"

#include <cstddef>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "pdp/server/convert.h"
#include "pdp/server/decision_writer.h"

namespace ostiary::pdp {
namespace {

absl::Status Decide(const PublishedPolicy& policy, absl::string_view agent,
                    const v1::Access& access, const RequestLimits& limits, Decision* made,
                    DecisionWriter* writer) {
  const std::optional<AccessKind> kind = AccessKindFromProto(access.kind());
  if (!kind.has_value()) {
    return absl::InvalidArgumentError(
        "kind is missing or unknown: give SERVER, TOOL, RESOURCE or PROMPT");
  }
  OSTIARY_RETURN_IF_ERROR(ValidateAccess(access.server(), *kind, access.name(), limits));
  const AccessRequest request{agent, access.server(), *kind, access.name()};
  *made = policy.snapshot->Decide(request);
  writer->Append(request, *made);
  return absl::OkStatus();
}

}  // namespace

absl::Status RequirePolicy(const PublishedPolicy* policy) {
  if (policy != nullptr) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "no policy has loaded yet, so nothing can be decided: ask Status what is wrong with the "
      "rules");
}

absl::Status DecideOne(const PublishedPolicy& policy, absl::string_view agent,
                       const v1::Access& access, const RequestLimits& limits, int field,
                       DecisionCounts* counts, CallMemory* memory) {
  Decision made;
  DecisionWriter writer(*policy.snapshot, field, memory);
  OSTIARY_RETURN_IF_ERROR(Decide(policy, agent, access, limits, &made, &writer));
  counts->Count(made);
  return absl::OkStatus();
}

absl::Status DecideAll(const PublishedPolicy& policy, absl::string_view agent,
                       const google::protobuf::RepeatedPtrField<v1::Access>& accesses,
                       const RequestLimits& limits, int field, DecisionCounts* counts,
                       CallMemory* memory) {
  if (static_cast<size_t>(accesses.size()) > limits.max_accesses) {
    return absl::ResourceExhaustedError(absl::StrCat("accesses has ", accesses.size(),
                                                     " entries; at most ", limits.max_accesses,
                                                     " are allowed in one request"));
  }
  const size_t before = memory->answer()->size();
  DecisionTally tally;
  DecisionWriter writer(*policy.snapshot, field, memory);
  for (int i = 0; i < accesses.size(); ++i) {
    Decision made;
    const absl::Status status = Decide(policy, agent, accesses[i], limits, &made, &writer);
    if (!status.ok()) {
      return {status.code(), absl::StrCat("accesses[", i, "]: ", status.message())};
    }
    tally.Add(made);
    const size_t bytes = memory->answer()->size() - before;
    if (bytes > limits.max_answer_bytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the first ", i + 1, " of ", accesses.size(), " decisions take ", bytes,
                       " bytes with their rules; at most ", limits.max_answer_bytes,
                       " are allowed in one answer: ask for fewer at once, or shorten the rules"));
    }
  }
  counts->Count(tally);
  return absl::OkStatus();
}

}  // namespace ostiary::pdp
