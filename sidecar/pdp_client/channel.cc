#include "sidecar/pdp_client/channel.h"

#include <stdlib.h>
#include <sys/un.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "common/status_macros.h"
#include "google/protobuf/stubs/logging.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/support/channel_arguments.h"
#include "sidecar/pdp_client/late_event_engine.h"

namespace ostiary::sidecar {
namespace {

absl::Status BadAddress(absl::string_view address, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("the PDP's address \"", address, "\": ", why, "; give host:port or unix:PATH"));
}

// What gRPC and OpenSSL say of a connection that failed, and what it means.
struct Explanation {
  absl::string_view said;
  absl::string_view means;
};
constexpr absl::string_view kNotTrusted =
    "the PDP's certificate is not to be trusted: it is of another authority than --pdp-ca's, or it "
    "has expired or is not valid yet";
constexpr Explanation kOverTls[] = {
    {"certificate verify failed", kNotTrusted},
    // A signature that does not verify: an authority of the same name with another key.
    {"asn1 encoding routines::EVP lib", kNotTrusted},
    {"is not in peer certificate",
     "the PDP's certificate bears another name than the address's (or --pdp-name's)"},
    {"wrong version number", "what answers there speaks no TLS"},
    {"unknown ca", "the PDP does not know the authority of --pdp-cert"},
    {"Socket closed",
     "the PDP closed the connection: it may want a certificate (--pdp-cert) that it can trust"},
};
constexpr Explanation kInPlaintext[] = {
    {"Socket closed", "the PDP closed the connection: it may speak TLS only (--pdp-ca)"},
};

}  // namespace

absl::StatusOr<std::string> GrpcTarget(absl::string_view address) {
  if (absl::string_view path = address; absl::ConsumePrefix(&path, "unix:")) {
    if (path.empty()) return BadAddress(address, "no path");
    if (path.size() >= sizeof(sockaddr_un::sun_path)) return BadAddress(address, "path too long");
    return std::string(address);
  }
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return BadAddress(address, "no port or host");
  const absl::string_view host = address.substr(0, colon);
  const bool bracketed = host.front() == '[' && host.back() == ']' && host.size() > 2;
  if (host.find('/') != absl::string_view::npos ||
      (!bracketed && host.find_first_of(":[]") != absl::string_view::npos)) {
    return BadAddress(address, "not a host");
  }
  int port = 0;
  if (!absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 1 || port > 65535) {
    return BadAddress(address, "no port from 1 to 65535");
  }
  return absl::StrCat("dns:///", address);
}

absl::StatusOr<std::unique_ptr<Connector>> Connector::Create(const std::string& address,
                                                             ClientTlsOptions options,
                                                             const Log& log) {
  OSTIARY_ASSIGN_OR_RETURN(std::string target, GrpcTarget(address));
  OSTIARY_RETURN_IF_ERROR(options.Validate(address));
  return absl::WrapUnique(new Connector(std::move(target), std::move(options), log));
}

Connector::Connector(std::string target, ClientTlsOptions options, const Log& log)
    : target_(std::move(target)), options_(std::move(options)), log_(log), files_(options_) {}

absl::StatusOr<SessionWire> Connector::Make(MonoDuration per_address) {
  if (!options_.on()) {
    return SessionWire{NewChannel(target_, grpc::InsecureChannelCredentials(), "", per_address),
                       nullptr};
  }
  absl::Status problem;
  OSTIARY_ASSIGN_OR_RETURN(const ClientMaterial material, files_.Read(&problem));
  if (problem != problem_ && !problem.ok()) {
    log_.Warning("pdp_credentials_not_renewed",
                 {{"error", std::string(problem.message())},
                  {"effect", "what was read before goes on being used"}});
  }
  problem_ = problem;
  grpc::SslCredentialsOptions ssl;
  ssl.pem_root_certs = material.authorities;
  if (material.pair.has_value()) {
    ssl.pem_private_key = material.pair->key;
    ssl.pem_cert_chain = material.pair->chain;
  }
  return SessionWire{
      NewChannel(target_, grpc::SslCredentials(ssl), options_.name, per_address),
      material.token.empty() ? nullptr : grpc::AccessTokenCredentials(material.token)};
}

absl::Status Connector::Explain(const absl::Status& status) const {
  // Where a connection stood, it ended for another reason.
  if (!absl::StrContains(status.message(), "failed to connect")) return status;
  const absl::Span<const Explanation> explanations =
      options_.on() ? absl::MakeConstSpan(kOverTls) : absl::MakeConstSpan(kInPlaintext);
  for (const Explanation& explanation : explanations) {
    if (absl::StrContains(status.message(), explanation.said)) {
      return absl::Status(status.code(),
                          absl::StrCat(explanation.means, " (", status.message(), ")"));
    }
  }
  return status;
}

std::shared_ptr<grpc::Channel> NewChannel(
    const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
    const std::string& name, MonoDuration per_address) {
  const auto per_address_ms = std::chrono::ceil<std::chrono::milliseconds>(per_address).count();
  grpc::ChannelArguments args;
  if (!name.empty()) args.SetSslTargetNameOverride(name);
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  args.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  args.SetLoadBalancingPolicyName("pick_first");
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS,
              static_cast<int>(std::min<int64_t>(per_address_ms, std::numeric_limits<int>::max())));
  args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  // The lease notices a PDP that says nothing; this notices a dead connection before it.
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  args.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // A session that fails is made anew on a channel of its own, by us. gRPC would pass each message
  // through a layer of its own for that.
  args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // Its probes are pings of their own with what comes, for windows that nothing here needs.
  args.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  // A list's answer names its rule for each entry. One that is too long would end the session, and
  // the list would be asked for again on the next.
  args.SetMaxReceiveMessageSize(64 << 20);
  return grpc::CreateCustomChannel(target, credentials, args);
}

void SetGrpcEnvironment() {
  setenv("GRPC_DNS_RESOLVER", "native", /*overwrite=*/1);
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/1);
  // Bytes that are no message are an error of ours to tell.
  google::protobuf::SetLogHandler(nullptr);
  // There is one connection to wait for. gRPC's epoll would wake the keeper for each message that
  // the PDP takes off a Unix socket, since there is room again.
  setenv("GRPC_POLL_STRATEGY", "poll", /*overwrite=*/1);
  // For programs that do not wait for their connections a timer looks at them. The keeper waits.
  setenv("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS", "0", /*overwrite=*/1);
  StartEventEngineLate();
  // Debian's Abseil keeps the order in which all of gRPC's locks are taken, and aborts where that
  // could deadlock: meant for gRPC's own tests.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace ostiary::sidecar
