#include "pdp/identity/identity_options.h"

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "pdp/identity/https_get.h"

namespace ostiary::pdp {
namespace {

absl::Status Bad(absl::string_view why) { return absl::InvalidArgumentError(why); }

absl::Status ValidateTokens(const IdentityOptions& options) {
  const bool has_file = !options.jwks_file.empty();
  const bool has_url = !options.jwks_url.empty();
  if (options.tokens.issuer.empty()) {
    return has_file || has_url ? Bad("token-jwks and token-jwks-url: say whose keys they are with "
                                     "--token-issuer")
                               : absl::OkStatus();
  }
  if (options.tokens.audience.empty()) return Bad("token-audience: must not be empty");
  if (has_file == has_url) {
    return Bad("token-issuer: give its keys by one of --token-jwks and --token-jwks-url");
  }
  if (!has_url) {
    return options.jwks_ca.empty() && options.jwks_bearer.empty()
               ? absl::OkStatus()
               : Bad("token-jwks-ca and token-jwks-bearer: go with --token-jwks-url");
  }
  OSTIARY_RETURN_IF_ERROR(HttpsUrl::Parse(options.jwks_url).status());
  if (options.jwks_ca.empty()) {
    return Bad("token-jwks-url: say whom to trust with --token-jwks-ca");
  }
  if (options.jwks_refresh < absl::Seconds(10) || options.jwks_refresh > absl::Hours(24)) {
    return Bad("token-jwks-refresh: give a duration from 10s to 24h, such as 5m");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status IdentityOptions::Validate() const {
  OSTIARY_RETURN_IF_ERROR(ValidateTokens(*this));
  if (on() && bindings.empty()) {
    return Bad("bindings: say with --bindings who may speak for which agents");
  }
  if (!on() && !bindings.empty()) {
    return Bad("bindings: nobody is identified; give --client-ca or --token-issuer too");
  }
  return absl::OkStatus();
}

}  // namespace ostiary::pdp
