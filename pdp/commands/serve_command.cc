#include "pdp/commands/serve_command.h"

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/random.h"
#include "common/status_macros.h"
#include "pdp/commands/exit_codes.h"
#include "pdp/identity/identity_sources.h"
#include "pdp/metrics/counts.h"
#include "pdp/metrics/metric_families.h"
#include "pdp/metrics/metrics_endpoint.h"
#include "pdp/policy/quote.h"
#include "pdp/policy/utf8.h"
#include "pdp/reload/policy_store.h"
#include "pdp/reload/reloader.h"
#include "pdp/server/address.h"
#include "pdp/server/grpc_log.h"
#include "pdp/server/pdp_server.h"
#include "pdp/tls/server_certificates.h"

namespace ostiary::pdp {
namespace {

// What a drain may take beyond its grace.
constexpr absl::Duration kPatience = absl::Seconds(5);

sigset_t ServedSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

// Each connection is a descriptor, and the usual soft limit of 1,024 is for programs that use
// select(2).
void RaiseDescriptorLimit() {
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Debian's Abseil is built to keep the order in which all of gRPC's locks are taken, and to abort
// where that could deadlock. It is meant for gRPC's own tests, and takes a twentieth of a call's
// CPU time.
void StopLookingForDeadlocks() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

// Returns on SIGTERM and SIGINT.
void WaitForStop(const sigset_t& signals, WatchLoop* watch) {
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) return;
    watch->RequestReload();
  }
}

// Ends the program where a drain does not come to its end. A peer of a Unix socket can hand over a
// descriptor whose closing takes as long as the peer likes, and with it one of gRPC's threads.
void EndWithin(absl::Duration patience) {
  std::signal(SIGALRM, [](int) {
    constexpr char kText[] = "ostiary-pdp: the drain did not end; leaving without it\n";
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kText, sizeof(kText) - 1);
    ::_exit(kExitFailed);
  });
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
  ::alarm(static_cast<unsigned>(absl::ToInt64Seconds(absl::Ceil(patience, absl::Seconds(1)))));
}

// Whether a listener takes no connection any more. The process then ends as for SIGTERM, but with
// 1: whoever runs it starts it anew, and nobody takes it for one that can be reached.
std::atomic<bool> has_lost_listener{false};

void EndForLostListener() {
  has_lost_listener = true;
  ::kill(::getpid(), SIGTERM);
}

// Lends gRPC the log for as long as there is one.
class GrpcLogRoute {
 public:
  explicit GrpcLogRoute(const Log* log) { RouteGrpcLog(log); }
  ~GrpcLogRoute() { RouteGrpcLog(nullptr); }
  GrpcLogRoute(const GrpcLogRoute&) = delete;
  GrpcLogRoute& operator=(const GrpcLogRoute&) = delete;
};

int Fail(const Log& log, absl::string_view event, const absl::Status& status) {
  log.Error(event, {{"error", std::string(status.message())}});
  return status.code() == absl::StatusCode::kInvalidArgument ? kExitUsage : kExitConfig;
}

// nullptr where TLS is not asked for.
absl::StatusOr<std::unique_ptr<ServerCertificates>> LoadCertificates(const ServerOptions& options,
                                                                     const Clock& clock,
                                                                     const Log& log) {
  if (!options.tls.has_value()) return nullptr;
  return ServerCertificates::Create(*options.tls, clock, log);
}

// Answers name these files, and a string of the contract carries UTF-8 alone: who asks could read
// no answer at all.
absl::Status ValidatePaths(const ServeOptions& options) {
  const std::string* const paths[] = {
      &options.paths.rules, options.paths.mcp_config ? &*options.paths.mcp_config : nullptr,
      &options.identity.bindings, &options.identity.jwks_file};
  for (const std::string* const path : paths) {
    if (path == nullptr || IsUtf8(*path)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("the path ", Quote(*path), " is not UTF-8, and answers name it: rename it"));
  }
  return absl::OkStatus();
}

absl::Status Validate(const ServeOptions& options) {
  OSTIARY_RETURN_IF_ERROR(ValidatePaths(options));
  OSTIARY_RETURN_IF_ERROR(options.server.Validate());
  OSTIARY_RETURN_IF_ERROR(options.identity.Validate());
  if (!options.identity.tokens.issuer.empty() && !options.server.tls.has_value()) {
    return absl::InvalidArgumentError(
        "token-issuer: tokens are taken over TLS only; give --tls-cert and --tls-key too");
  }
  if (options.metrics_listen.empty()) return absl::OkStatus();
  const absl::StatusOr<Address> address = Address::Parse(options.metrics_listen);
  if (address.ok() && address->kind == Address::Kind::kTcp) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("metrics-listen: ", options.metrics_listen,
                   " is not host:port: metrics are served over TCP, such as on 127.0.0.1:9090"));
}

// nullptr where nobody is identified.
absl::StatusOr<std::unique_ptr<IdentitySources>> LoadIdentity(const ServeOptions& options,
                                                              const Clock& clock, const Log& log,
                                                              Metrics* metrics) {
  if (!options.identity.on()) return nullptr;
  return IdentitySources::Create(options.identity, options.limits, clock, log, metrics);
}

PdpFigures Figures(const PdpServer& server, const ServerCertificates* certificates) {
  SidecarReport report = server.Report(0);
  PdpFigures figures{std::move(report.policy), report.connected, report.current, {}};
  if (certificates != nullptr) {
    const CertificateReport shown = certificates->Report();
    figures.certificate = {shown.loaded, shown.failed, shown.not_after};
  }
  return figures;
}

// Where there is to be none, nullptr. `certificates` too may be that.
absl::StatusOr<std::unique_ptr<MetricsEndpoint>> ServeMetrics(
    const ServeOptions& options, const Metrics& metrics, const PdpServer& server,
    const ServerCertificates* certificates, const Log& log) {
  if (options.metrics_listen.empty()) return nullptr;
  OSTIARY_ASSIGN_OR_RETURN(Address address, Address::Parse(options.metrics_listen));
  OSTIARY_ASSIGN_OR_RETURN(
      std::unique_ptr<MetricsEndpoint> endpoint,
      MetricsEndpoint::Create(address.host, address.port, [&metrics, &server, certificates] {
        return MetricFamilies(metrics, Figures(server, certificates), OSTIARY_VERSION);
      }));
  address.port = endpoint->port();
  log.Info("metrics_listening", {{"address", address.ToString()}});
  return endpoint;
}

}  // namespace

int RunServe(const ServeOptions& options, std::ostream& err) {
  if (const absl::Status status = Validate(options); !status.ok()) {
    err << "ostiary-pdp: " << status.message() << "\n";
    return kExitUsage;
  }
  const sigset_t signals = ServedSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a log that may not grow ends nothing
  RaiseDescriptorLimit();
  StopLookingForDeadlocks();

  const Clock& clock = Clock::System();
  const Log log(STDERR_FILENO, options.log_level, clock);
  const GrpcLogRoute route(&log);
  OnListenerLost(&EndForLostListener);
  Metrics metrics;
  PolicyStore store(RandomId());
  Reloader reloader(options.paths, options.limits, &store, clock, log);
  const absl::StatusOr<std::unique_ptr<ServerCertificates>> certificates =
      LoadCertificates(options.server, clock, log);
  if (!certificates.ok()) return Fail(log, "certificate_not_loaded", certificates.status());
  const absl::StatusOr<std::unique_ptr<IdentitySources>> identity =
      LoadIdentity(options, clock, log, &metrics);
  if (!identity.ok()) return Fail(log, "identity_not_loaded", identity.status());
  std::vector<ReloadSubject*> subjects = ReloadedBesideRules(certificates->get(), identity->get());
  subjects.insert(subjects.begin(), &reloader);
  absl::StatusOr<std::unique_ptr<WatchLoop>> watch =
      WatchLoop::Start(subjects, options.watch, clock, log);
  if (!watch.ok()) return Fail(log, "watch_failed", watch.status());
  absl::StatusOr<std::unique_ptr<PdpServer>> server = PdpServer::Create(
      options.server, &store, &reloader, clock, &metrics, certificates->get(), identity->get());
  if (!server.ok()) return Fail(log, "listen_failed", server.status());
  for (const std::string& address : (*server)->addresses()) {
    log.Info("listening", {{"address", address}});
  }
  if (!(*server)->health_address().empty()) {
    log.Info("listening_for_health", {{"address", (*server)->health_address()}});
  }
  const absl::StatusOr<std::unique_ptr<MetricsEndpoint>> endpoint =
      ServeMetrics(options, metrics, **server, certificates->get(), log);
  if (!endpoint.ok()) return Fail(log, "metrics_listen_failed", endpoint.status());

  WaitForStop(signals, watch->get());
  OnListenerLost(nullptr);
  if (has_lost_listener) {
    log.Error("listener_lost",
              {{"error",
                "a connection could not be accepted (see \"grpc\" above), and gRPC takes none "
                "there any more: raise the limit of open files"},
               {"effect", "the PDP ends, to be started anew"}});
  }
  // Whoever asks twice does not want to wait for the drain. A SIGHUP asks for no end: it stays
  // blocked.
  sigset_t ends = signals;
  sigdelset(&ends, SIGHUP);
  pthread_sigmask(SIG_UNBLOCK, &ends, nullptr);
  log.Info("draining");
  EndWithin(options.server.drain_grace + kPatience);
  (*server)->Drain();
  log.Info("stopped");
  return has_lost_listener ? kExitFailed : kExitOk;
}

}  // namespace ostiary::pdp
