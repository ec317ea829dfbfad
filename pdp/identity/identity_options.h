// What the PDP is told of how callers are known. Flat and copyable.
#ifndef OSTIARY_PDP_IDENTITY_IDENTITY_OPTIONS_H_
#define OSTIARY_PDP_IDENTITY_IDENTITY_OPTIONS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pdp/identity/authorizer.h"
#include "pdp/identity/token_verifier.h"

namespace ostiary::pdp {

struct IdentityOptions {
  // Whether a client certificate says who asks: where there is an authority for them.
  CertificatesCount certificates = CertificatesCount::kNo;
  // Tokens say so where there is an issuer.
  TokenRules tokens;
  // Where its keys come from: a file, or an HTTPS endpoint with the authority that vouches for it
  // and, if it wants one, a token to show. One of the two.
  std::string jwks_file;
  std::string jwks_url;
  std::string jwks_ca;
  std::string jwks_bearer;
  absl::Duration jwks_refresh = absl::Minutes(5);
  // Who may speak for which agents. Needed where callers are identified, useless elsewhere.
  std::string bindings;

  // Whether callers are identified at all. If not, nobody is refused for who they are.
  bool on() const { return certificates == CertificatesCount::kYes || !tokens.issuer.empty(); }

  // INVALID_ARGUMENT names the first flag that cannot be used.
  absl::Status Validate() const;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_IDENTITY_OPTIONS_H_
