#include "pdp/commands/serve_command.h"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/random.h"
#include "pdp/commands/exit_codes.h"
#include "pdp/reload/policy_store.h"
#include "pdp/reload/reloader.h"
#include "pdp/server/grpc_log.h"
#include "pdp/server/pdp_server.h"
#include "pdp/tls/server_certificates.h"

namespace ostiary::pdp {
namespace {

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

// Returns on SIGTERM and SIGINT.
void WaitForStop(const sigset_t& signals, WatchLoop* watch) {
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) return;
    watch->RequestReload();
  }
}

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

}  // namespace

int RunServe(const ServeOptions& options, std::ostream& err) {
  if (const absl::Status status = options.server.Validate(); !status.ok()) {
    err << "ostiary-pdp: " << status.message() << "\n";
    return kExitUsage;
  }
  const sigset_t signals = ServedSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a log that may not grow ends nothing
  RaiseDescriptorLimit();

  const Clock& clock = Clock::System();
  const Log log(STDERR_FILENO, options.log_level, clock);
  RouteGrpcLog(&log);
  PolicyStore store(RandomId());
  Reloader reloader(options.paths, options.limits, &store, clock, log);
  std::vector<ReloadSubject*> subjects = {&reloader};
  const absl::StatusOr<std::unique_ptr<ServerCertificates>> certificates =
      LoadCertificates(options.server, clock, log);
  if (!certificates.ok()) return Fail(log, "certificate_not_loaded", certificates.status());
  if (*certificates != nullptr) subjects.push_back(certificates->get());
  absl::StatusOr<std::unique_ptr<WatchLoop>> watch =
      WatchLoop::Start(subjects, options.watch, clock, log);
  if (!watch.ok()) return Fail(log, "watch_failed", watch.status());
  absl::StatusOr<std::unique_ptr<PdpServer>> server =
      PdpServer::Create(options.server, &store, &reloader, clock, certificates->get());
  if (!server.ok()) return Fail(log, "listen_failed", server.status());
  for (const std::string& address : (*server)->addresses()) {
    log.Info("listening", {{"address", address}});
  }

  WaitForStop(signals, watch->get());
  // Whoever asks twice does not want to wait for the drain. A SIGHUP asks for no end: it stays
  // blocked.
  sigset_t ends = signals;
  sigdelset(&ends, SIGHUP);
  pthread_sigmask(SIG_UNBLOCK, &ends, nullptr);
  log.Info("draining");
  (*server)->Drain();
  log.Info("stopped");
  RouteGrpcLog(nullptr);
  return kExitOk;
}

}  // namespace ostiary::pdp
