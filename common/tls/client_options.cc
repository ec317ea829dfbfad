#include "common/tls/client_options.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/loopback.h"

namespace ostiary {
namespace {

absl::Status Wrong(absl::string_view what) { return absl::InvalidArgumentError(what); }

absl::Status ValidatePlaintext(const ClientTlsOptions& options, absl::string_view address) {
  if (!options.name.empty()) return Wrong("--pdp-name says nothing without TLS: give --pdp-ca too");
  if (!options.cert.empty()) return Wrong("--pdp-cert is shown over TLS only: give --pdp-ca too");
  if (!options.token_file.empty()) {
    return Wrong(
        "--pdp-token-file: a token is sent over TLS only, else others could read and use it: give "
        "--pdp-ca too");
  }
  // What is no address at all is told where addresses are read.
  const size_t colon = address.rfind(':');
  const bool local = colon == absl::string_view::npos || absl::StartsWith(address, "unix:") ||
                     IsLoopbackHost(address.substr(0, colon));
  if (local || options.insecure_tcp == InsecureTcp::kAllowed) return absl::OkStatus();
  return Wrong(absl::StrCat(
      "--pdp ", address,
      " is not on loopback, and without encryption whoever can change the traffic decides in the "
      "PDP's place: give --pdp-ca, or accept that with --allow-insecure-tcp"));
}

}  // namespace

absl::Status ClientTlsOptions::Validate(absl::string_view address) const {
  if (cert.empty() != key.empty()) {
    return Wrong("--pdp-cert and --pdp-key go together: give both (they may be one file), or none");
  }
  if (!on()) return ValidatePlaintext(*this, address);
  if (absl::StartsWith(address, "unix:")) {
    return Wrong("--pdp-ca: a PDP speaks no TLS on a Unix socket: leave it, or give host:port");
  }
  return absl::OkStatus();
}

}  // namespace ostiary
