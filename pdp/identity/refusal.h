// Ground: why a caller was turned away, as a word, as a status, and as metrics count it.
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
#include "pdp/metrics/counts.h"

namespace ostiary::pdp {

enum class Ground : uint8_t {
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
inline constexpr size_t kGroundCount = static_cast<size_t>(Ground::kKeysMissing) + 1;

// "agent_not_bound": for the log.
absl::string_view GroundName(Ground ground);

// The coarser reason that metrics count.
Refusal RefusalFor(Ground ground);

// `message` is a sentence for people, and has nothing secret in it.
absl::Status RefusalStatus(Ground ground, absl::string_view message);

// The reason of a status that was made here, wrapped or not.
std::optional<Ground> GroundOf(const absl::Status& status);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_REFUSAL_H_
