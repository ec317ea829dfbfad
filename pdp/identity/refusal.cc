#include "pdp/identity/refusal.h"

#include <array>

#include "absl/strings/cord.h"

namespace ostiary::pdp {
namespace {

constexpr absl::string_view kPayload = "ostiary.dev/refusal";

constexpr std::array<absl::string_view, kGroundCount> kNames = {
    "no_identity",     "certificate_identity", "certificate_expired", "agent_not_bound",
    "role_not_bound",  "token_unexpected",     "token_on_plaintext",  "token_repeated",
    "token_malformed", "token_algorithm",      "token_key",           "token_signature",
    "token_issuer",    "token_audience",       "token_expired",       "token_not_yet_valid",
    "token_subject",   "token_unbound",        "keys_missing"};

absl::StatusCode CodeOf(Ground ground) {
  switch (ground) {
    case Ground::kAgentNotBound:
    case Ground::kRoleNotBound:
      return absl::StatusCode::kPermissionDenied;
    case Ground::kKeysMissing:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kUnauthenticated;
  }
}

}  // namespace

absl::string_view GroundName(Ground ground) { return kNames[static_cast<size_t>(ground)]; }

Refusal RefusalFor(Ground ground) {
  switch (ground) {
    case Ground::kNoIdentity:
      return Refusal::kUnidentified;
    case Ground::kCertificateIdentity:
    case Ground::kCertificateExpired:
      return Refusal::kBadCertificate;
    case Ground::kAgentNotBound:
      return Refusal::kNotBound;
    case Ground::kRoleNotBound:
      return Refusal::kNotAdmin;
    case Ground::kKeysMissing:
      return Refusal::kKeysUnavailable;
    default:
      return Refusal::kBadToken;
  }
}

absl::Status RefusalStatus(Ground ground, absl::string_view message) {
  absl::Status status(CodeOf(ground), message);
  status.SetPayload(kPayload, absl::Cord(GroundName(ground)));
  return status;
}

std::optional<Ground> GroundOf(const absl::Status& status) {
  const absl::optional<absl::Cord> name = status.GetPayload(kPayload);
  if (!name.has_value()) return std::nullopt;
  for (size_t i = 0; i < kGroundCount; ++i) {
    if (*name == kNames[i]) return static_cast<Ground>(i);
  }
  return std::nullopt;
}

}  // namespace ostiary::pdp
