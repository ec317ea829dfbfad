// What a PdpServer is told at its start. Flat and copyable; checked whole by Validate before any
// port opens.
#ifndef OSTIARY_PDP_SERVER_SERVER_OPTIONS_H_
#define OSTIARY_PDP_SERVER_SERVER_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pdp/policy/load.h"
#include "pdp/server/access_validation.h"
#include "pdp/server/session_options.h"
#include "pdp/server/tls_credentials.h"
#include "pdp/tls/server_certificates.h"

namespace ostiary::pdp {

// Where TCP may be spoken without encryption.
enum class PlaintextTcp : uint8_t { kLoopbackOnly, kAnywhere };

struct ServerOptions {
  // Where to listen, each `host:port` or `unix:PATH`. Port 0 takes a free one.
  std::vector<std::string> listen = {"127.0.0.1:7443"};
  // With a certificate every TCP address speaks TLS and nothing else; Unix sockets never do.
  std::optional<CertificatePaths> tls;
  // What clients must prove where tls has authorities for them.
  ClientCertificates client_certificates = ClientCertificates::kRequired;
  // For TCP without a certificate. Whoever can read the network can read, and change, what is
  // decided: leave it.
  PlaintextTcp plaintext_tcp = PlaintextTcp::kLoopbackOnly;
  // Bytes of one incoming message; a larger one is answered with RESOURCE_EXHAUSTED.
  int max_message_bytes = 4 << 20;
  // Calls at once on one connection; more of them wait at the client.
  int max_streams_per_connection = 1000;
  // What gRPC's own buffers and connections may take, by its own count: what OpenSSL takes, some 80
  // KB for each connection, is not in it. Past it, connections are refused.
  size_t max_transport_bytes = size_t{2} << 30;
  // How long a connection gets, from the end of sessions.max_connection_age on, for its calls to
  // finish before it is cut.
  absl::Duration max_connection_age_grace = absl::Seconds(30);
  // Where to answer kubelet's probes besides, `host:port` or `unix:PATH`: health and nothing else,
  // in plaintext, since these probes cannot speak TLS. Empty: nowhere.
  std::string health_listen;
  // Health watches at once, and reflection streams at once; one more ends with RESOURCE_EXHAUSTED.
  size_t max_observers = 1000;
  // Calls of Reload and Validate that may wait.
  size_t max_queued_admin_calls = 64;
  // How long a drain waits for what is in flight.
  absl::Duration drain_grace = absl::Seconds(10);

  RequestLimits requests;
  SessionOptions sessions;
  // For Validate's texts. The files have limits of their own, with the Reloader.
  PolicyLimits policy;

  // INVALID_ARGUMENT names the first value that cannot be used.
  absl::Status Validate() const;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_SERVER_OPTIONS_H_
