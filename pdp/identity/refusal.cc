#include "pdp/identity/refusal.h"

#include <array>

#include "absl/strings/cord.h"

namespace ostiary::pdp {
namespace {

constexpr absl::string_view kPayload = "ostiary.dev/refusal";

constexpr std::array<absl::string_view, kRefusalCount> kNames = {
    "no_identity",     "certificate_identity", "certificate_expired", "agent_not_bound",
    "role_not_bound",  "token_unexpected",     "token_on_plaintext",  "token_repeated",
    "token_malformed", "token_algorithm",      "token_key",           "token_signature",
    "token_issuer",    "token_audience",       "token_expired",       "token_not_yet_valid",
    "token_subject",   "token_unbound",        "keys_missing"};

absl::StatusCode CodeOf(Refusal refusal) {
  switch (refusal) {
    case Refusal::kAgentNotBound:
    case Refusal::kRoleNotBound:
      return absl::StatusCode::kPermissionDenied;
    case Refusal::kKeysMissing:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kUnauthenticated;
  }
}

}  // namespace

absl::string_view RefusalName(Refusal refusal) { return kNames[static_cast<size_t>(refusal)]; }

absl::Status RefusalStatus(Refusal refusal, absl::string_view message) {
  absl::Status status(CodeOf(refusal), message);
  status.SetPayload(kPayload, absl::Cord(RefusalName(refusal)));
  return status;
}

std::optional<Refusal> RefusalOf(const absl::Status& status) {
  const absl::optional<absl::Cord> name = status.GetPayload(kPayload);
  if (!name.has_value()) return std::nullopt;
  for (size_t i = 0; i < kRefusalCount; ++i) {
    if (*name == kNames[i]) return static_cast<Refusal>(i);
  }
  return std::nullopt;
}

}  // namespace ostiary::pdp
