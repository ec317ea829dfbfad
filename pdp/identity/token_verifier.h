// VerifyToken: whether a projected service account token of Kubernetes is what it says it is, for
// this PDP, now. Offline: by keys that are already here. A pure function; any thread.
#ifndef OSTIARY_PDP_IDENTITY_TOKEN_VERIFIER_H_
#define OSTIARY_PDP_IDENTITY_TOKEN_VERIFIER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "pdp/identity/jwk_set.h"

namespace ostiary::pdp {

// What a token must say.
struct TokenRules {
  // "iss", byte for byte: the cluster's --service-account-issuer.
  std::string issuer;
  // Must be in "aud". A token for anyone else, the API server included, is not for us.
  std::string audience = "ostiary-pdp";
  // How far the clocks of issuer and PDP may be apart.
  absl::Duration leeway = absl::Seconds(30);
};

struct VerifiedToken {
  // system:serviceaccount:NAMESPACE:NAME.
  std::string identity;
  // When it stops to count, the leeway included.
  absl::Time expires;
};

// Checks, in this order: the form, the algorithm, that a key is known and fits the algorithm, the
// signature; only then what it says: issuer, audience, time, that the subject is a service account
// and the one that the claims of Kubernetes name, and that it is bound to a pod, so that it dies
// with the pod's token volume. The message quotes nothing of a token whose signature does not hold,
// and never the token.
absl::StatusOr<VerifiedToken> VerifyToken(absl::string_view token, const TokenRules& rules,
                                          const JwkSet& keys, absl::Time now);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_TOKEN_VERIFIER_H_
