// The names by which callers are known: one string says who asks.
//
//   spiffe://TRUST-DOMAIN/PATH              a client certificate's one URI
//   system:serviceaccount:NAMESPACE:NAME    a service account token's subject
//   local:unix                              whoever can reach a Unix socket of the PDP
//   local:loopback                          whoever can reach its plaintext port on this machine
//
// Names are compared byte for byte, so each has one spelling: what another reader may take for the
// same name (capitals in a trust domain, "..", a percent sign) is no name at all. Pure functions.
#ifndef OSTIARY_PDP_IDENTITY_IDENTITY_NAME_H_
#define OSTIARY_PDP_IDENTITY_IDENTITY_NAME_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace ostiary::pdp {

inline constexpr absl::string_view kLocalUnix = "local:unix";
inline constexpr absl::string_view kLocalLoopback = "local:loopback";

// INVALID_ARGUMENT says what keeps `text` from being a SPIFFE ID as its specification writes it.
absl::Status CheckSpiffeId(absl::string_view text);

// The same for one of the forms above.
absl::Status CheckIdentity(absl::string_view text);

// A namespace as Kubernetes takes them: lower-case letters, digits and "-".
bool IsNamespace(absl::string_view text);
// A service account's name: these and ".".
bool IsServiceAccountName(absl::string_view text);

// The subject of that account's tokens.
std::string ServiceAccountIdentity(absl::string_view account_namespace, absl::string_view name);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_IDENTITY_NAME_H_
