#include "pdp/server/server_options.h"

#include <set>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "pdp/server/address.h"

namespace ostiary::pdp {
namespace {

constexpr absl::Duration kShortestHeartbeat = absl::Milliseconds(10);

absl::Status ValidateListen(const ServerOptions& options) {
  if (options.listen.empty()) {
    return absl::InvalidArgumentError("listen: give at least one address");
  }
  std::set<std::string> seen;
  for (const std::string& text : options.listen) {
    OSTIARY_ASSIGN_OR_RETURN(const Address address, Address::Parse(text));
    if (!options.tls.has_value() && !address.IsLocal() &&
        options.plaintext_tcp == PlaintextTcp::kLoopbackOnly) {
      return absl::InvalidArgumentError(
          absl::StrCat("listen: ", text,
                       " is not on loopback, and without encryption whoever can reach the "
                       "network can read and change decisions; give --tls-cert and --tls-key, "
                       "listen on 127.0.0.1 "
                       "or a Unix socket, or accept that with --allow-insecure-tcp"));
    }
    const bool is_any_port = address.kind == Address::Kind::kTcp && address.port == 0;
    if (!is_any_port && !seen.insert(address.ToString()).second) {
      return absl::InvalidArgumentError(absl::StrCat("listen: ", text, " is given twice"));
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateAges(const ServerOptions& options) {
  const absl::Duration age = options.sessions.max_connection_age;
  if (age < absl::Seconds(1)) {
    return absl::InvalidArgumentError(
        "max-connection-age: give a duration of at least 1s, such as 10m, or inf for none");
  }
  const absl::Duration grace = options.max_connection_age_grace;
  if (grace < absl::Seconds(1) || grace > absl::Hours(1)) {
    return absl::InvalidArgumentError(
        "max-connection-age-grace: give a duration from 1s to 1h, such as 30s");
  }
  return absl::OkStatus();
}

absl::Status ValidateHealthListen(const ServerOptions& options) {
  if (options.health_listen.empty()) return absl::OkStatus();
  OSTIARY_ASSIGN_OR_RETURN(const Address health, Address::Parse(options.health_listen));
  const bool any_port = health.kind == Address::Kind::kTcp && health.port == 0;
  for (const std::string& text : options.listen) {
    OSTIARY_ASSIGN_OR_RETURN(const Address address, Address::Parse(text));
    if (any_port || address.ToString() != health.ToString()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("health-listen: ", text, " is given to --listen too; give another port"));
  }
  return absl::OkStatus();
}

absl::Status ValidateTls(const CertificatePaths& tls) {
  if (tls.cert.empty() != tls.key.empty()) {
    return absl::InvalidArgumentError(
        "tls-cert and tls-key go together: give both (they may be one file), or none");
  }
  if (tls.cert.empty()) {
    return absl::InvalidArgumentError(
        "client-ca: clients show certificates over TLS only; give --tls-cert and --tls-key too");
  }
  return absl::OkStatus();
}

absl::Status ValidateSessions(const SessionOptions& sessions) {
  if (sessions.heartbeat_interval < kShortestHeartbeat ||
      sessions.heartbeat_interval > absl::Hours(1)) {
    return absl::InvalidArgumentError("heartbeat: give a duration from 10ms to 1h, such as 5s");
  }
  if (sessions.lease < 2 * sessions.heartbeat_interval || sessions.lease > absl::Hours(24)) {
    return absl::InvalidArgumentError(
        "lease: give at least two heartbeats, so that a late one does no harm, and at most 24h");
  }
  if (sessions.max_sessions == 0 || sessions.max_open_checks == 0 || sessions.max_open_bytes == 0) {
    return absl::InvalidArgumentError("the limits on sessions and open checks must be at least 1");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ServerOptions::Validate() const {
  if (tls.has_value()) OSTIARY_RETURN_IF_ERROR(ValidateTls(*tls));
  OSTIARY_RETURN_IF_ERROR(ValidateListen(*this));
  OSTIARY_RETURN_IF_ERROR(ValidateHealthListen(*this));
  OSTIARY_RETURN_IF_ERROR(ValidateSessions(sessions));
  OSTIARY_RETURN_IF_ERROR(ValidateAges(*this));
  if (max_message_bytes < 1024) {
    return absl::InvalidArgumentError("max-message-bytes: give at least 1024");
  }
  if (max_streams_per_connection < 1) {
    return absl::InvalidArgumentError("max-streams: give at least 1");
  }
  if (requests.max_accesses == 0) {
    return absl::InvalidArgumentError("max-batch: give at least 1");
  }
  if (drain_grace < absl::ZeroDuration() || drain_grace > absl::Hours(1)) {
    return absl::InvalidArgumentError("drain-grace: give a duration from 0s to 1h, such as 10s");
  }
  return absl::OkStatus();
}

}  // namespace ostiary::pdp
