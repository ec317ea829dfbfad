// ClientTlsOptions: how a client of the PDP makes sure of the PDP, and who it says it is. Flat,
// with defaults; both programs read it from the same flags.
#ifndef OSTIARY_COMMON_TLS_CLIENT_OPTIONS_H_
#define OSTIARY_COMMON_TLS_CLIENT_OPTIONS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace ostiary {

// Whether a PDP on the network may be asked without TLS: whoever can change the traffic then
// decides in its place.
enum class InsecureTcp : uint8_t { kRefused, kAllowed };

struct ClientTlsOptions {
  // --pdp-ca: the PEM file of the authorities that may sign the PDP's certificate, and no others:
  // the system's do not count. Empty: no TLS.
  std::string ca;
  // --pdp-name: the name that the certificate must bear. Empty: the host of the address.
  std::string name;
  // --pdp-cert, --pdp-key: the certificate to show, as PEM files. Both or none; they may be one.
  std::string cert;
  std::string key;
  // --pdp-token-file: a bearer token to show.
  std::string token_file;
  // --allow-insecure-tcp.
  InsecureTcp insecure_tcp = InsecureTcp::kRefused;

  bool on() const { return !ca.empty(); }
  // INVALID_ARGUMENT where the options contradict each other, or the address ("host:port" or
  // "unix:PATH"): names the flags.
  absl::Status Validate(absl::string_view address) const;
};

}  // namespace ostiary

#endif  // OSTIARY_COMMON_TLS_CLIENT_OPTIONS_H_
