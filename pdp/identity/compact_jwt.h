// CompactJwt: a token's text, taken apart (RFC 7515, compact form) and nothing more: what it says
// is believed only once its signature holds (token_verifier.h).
//
// Strict, since what two readers take differently is how tokens are forged (RFC 8725): three parts,
// base64url with one spelling, JSON without duplicate keys, and in the header "alg", "kid" and
// "typ" alone. A token that brings a key of its own, or a member that changes what the others mean
// ("crit", "zip", "b64"), is malformed. Values; any thread.
#ifndef OSTIARY_PDP_IDENTITY_COMPACT_JWT_H_
#define OSTIARY_PDP_IDENTITY_COMPACT_JWT_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/json/json_document.h"
#include "pdp/identity/jwk_set.h"

namespace ostiary::pdp {

// A service account's token has about 1 KB.
inline constexpr size_t kMaxTokenBytes = 16 << 10;

struct CompactJwt {
  JwsAlgorithm algorithm = JwsAlgorithm::kRs256;
  std::optional<std::string> kid;
  absl::string_view signed_text;  // of the token's text
  std::string signature;
  std::string claims;  // JSON's text, not yet read
};

// Refused as token_malformed or token_algorithm; the message quotes nothing of the token.
absl::StatusOr<CompactJwt> ReadCompactJwt(absl::string_view token);

// Parses an object of a token: within limits, without duplicate keys or half surrogate pairs
// anywhere in it. `what` names it in the message.
absl::Status ParseTokenJson(absl::string_view text, absl::string_view what, JsonDocument* document);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_COMPACT_JWT_H_
