// HttpsGet: one small document over HTTPS, from a server that a given authority vouches for.
// Blocks; any thread of a program that ignores SIGPIPE. No proxy, no redirect, no system
// authorities.
#ifndef OSTIARY_PDP_IDENTITY_HTTPS_GET_H_
#define OSTIARY_PDP_IDENTITY_HTTPS_GET_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock.h"

namespace ostiary::pdp {

struct HttpsUrl {
  std::string host;  // an IPv6 address without its brackets
  uint16_t port = 443;
  std::string path;

  // INVALID_ARGUMENT for anything but https://HOST[:PORT]/PATH.
  static absl::StatusOr<HttpsUrl> Parse(absl::string_view text);
};

struct HttpsRequest {
  HttpsUrl url;
  std::string ca_path;      // PEM of the authorities that count; read anew each time
  std::string bearer_path;  // a token to show; empty for none; read anew each time
  size_t max_bytes = 1 << 20;
  // For each step. After twice as long the connection is cut, wherever the exchange stands.
  MonoDuration timeout = std::chrono::seconds(10);
};

// The body of a 200. UNAVAILABLE says what went wrong, with nothing of the token in it.
absl::StatusOr<std::string> HttpsGet(const HttpsRequest& request, const Clock& clock);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_HTTPS_GET_H_
