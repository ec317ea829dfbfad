// Refusal: why a caller was turned away: one word for metrics and a status for the caller.
//
// A status made here carries its reason along, through StatusOr and every layer. Pure functions.
#ifndef OSTIARY_PDP_IDENTITY_REFUSAL_H_
#define OSTIARY_PDP_IDENTITY_REFUSAL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace ostiary::pdp {

enum class Refusal : uint8_t {
  kNoIdentity,           // neither a certificate nor a token, nor a local way in
  kCertificateIdentity,  // a certificate without the one SPIFFE URI that it must have
  kCertificateExpired,
  kAgentNotBound,  // PERMISSION_DENIED, as the next; all else is UNAUTHENTICATED or UNAVAILABLE
  kRoleNotBound,
  kTokenUnexpected,  // this PDP takes none
  kTokenOnPlaintext,
  kTokenRepeated,
  kTokenMalformed,
  kTokenAlgorithm,
  kTokenKey,  // signed by a key that is not known
  kTokenSignature,
  kTokenIssuer,
  kTokenAudience,
  kTokenExpired,
  kTokenNotYetValid,
  kTokenSubject,
  kTokenUnbound,  // to no pod
  kKeysMissing,   // UNAVAILABLE: there are no keys yet
};
inline constexpr size_t kRefusalCount = static_cast<size_t>(Refusal::kKeysMissing) + 1;

// "agent_not_bound": a label's value.
absl::string_view RefusalName(Refusal refusal);

// `message` is a sentence for people, and has nothing secret in it.
absl::Status RefusalStatus(Refusal refusal, absl::string_view message);

// The reason of a status that was made here, wrapped or not.
std::optional<Refusal> RefusalOf(const absl::Status& status);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_REFUSAL_H_
