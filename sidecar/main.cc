// ostiary-sidecar: reads the flags and the environment, and puts the parts together.
#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/status_macros.h"
#include "sidecar/local/local_source.h"
#include "sidecar/run_options.h"
#include "sidecar/stdio/catalog_command.h"
#include "sidecar/stdio/child_process.h"
#include "sidecar/stdio/event_loop.h"
#include "sidecar/stdio/inbox.h"
#include "sidecar/stdio/signals.h"
#ifdef OSTIARY_WITH_PDP
#include "sidecar/pdp_client/channel.h"
#include "sidecar/pdp_client/session_source.h"
#endif

namespace ostiary::sidecar {
namespace {

// The server gets the environment as it came. We keep none of it: what gRPC, OpenSSL or the
// resolver would read there (proxies, traces, certificates, host aliases) is not ours to obey.
std::vector<std::string> TakeEnvironment() {
  std::vector<std::string> environment;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    environment.emplace_back(*variable);
  }
  ::clearenv();
  return environment;
}

// A pipe of ours must not take the number of a standard descriptor that came closed.
void OpenStandardDescriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) ::open("/dev/null", O_RDWR);
  }
}

std::string RandomHex() {
  std::random_device random;
  return absl::StrCat(absl::Hex(random(), absl::kZeroPad8), absl::Hex(random(), absl::kZeroPad8));
}

absl::StatusOr<ServerCommand> ChooseCommand(const RunOptions& options,
                                            std::vector<std::string> environment) {
  if (!options.command.empty()) return ServerCommand{options.command, std::move(environment)};
  std::ifstream file(*options.mcp_config, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return absl::NotFoundError(absl::StrCat("cannot read ", *options.mcp_config));
  }
  auto command = CommandFromCatalog(text.str(), options.enforcer.server, environment);
  if (command.ok()) return command;
  return absl::Status(command.status().code(),
                      absl::StrCat(*options.mcp_config, ": ", command.status().message()));
}

absl::StatusOr<std::unique_ptr<DecisionSource>> MakeSource(const RunOptions& options,
                                                           SourceSink* sink, const Log& log) {
  const EnforcerOptions& enforcer = options.enforcer;
  if (options.pdp.empty()) {
    LocalSourceOptions local;
    local.agent = enforcer.agent;
    local.server = enforcer.server;
    local.paths = {options.rules, options.mcp_config};
    local.epoch = RandomHex();
    return LocalSource::Create(std::move(local), sink, Clock::System(), log);
  }
#ifdef OSTIARY_WITH_PDP
  char host[256] = {};
  if (::gethostname(host, sizeof(host) - 1) != 0) host[0] = '?';
  SessionSourceOptions session;
  session.address = options.pdp;
  session.sidecar_id = absl::StrCat(host, "-", ::getpid(), "-", RandomHex());
  session.agent = enforcer.agent;
  session.server = enforcer.server;
  session.version = OSTIARY_VERSION;
  SetGrpcEnvironment();
  return SessionSource::Create(std::move(session), sink, Clock::System(), log);
#else
  return absl::UnimplementedError("--pdp: this sidecar was built without gRPC");
#endif
}

absl::StatusOr<int> Run(const RunOptions& options) {
  const Log log(STDERR_FILENO, options.log_level, Clock::System());
  OSTIARY_ASSIGN_OR_RETURN(const ServerCommand command, ChooseCommand(options, TakeEnvironment()));
  // Before there are threads: the signal mask is inherited, and the server's guard is forked.
  OSTIARY_ASSIGN_OR_RETURN(const auto signals, Signals::Take());
  OSTIARY_ASSIGN_OR_RETURN(auto server, ChildProcess::Create(command));
  OSTIARY_ASSIGN_OR_RETURN(const auto inbox, Inbox::Create());
  OSTIARY_ASSIGN_OR_RETURN(const auto source, MakeSource(options, inbox.get(), log));
  EventLoop loop({}, options.enforcer,
                 {source.get(), inbox.get(), server.get(), signals.get(), &Clock::System(), &log});
  const int status = loop.Run();
  server.reset();  // before anything else takes its time to end
  return status;
}

int Main(int argc, char** argv) {
  OpenStandardDescriptors();
  const std::variant<RunOptions, ExitNow> parsed = ParseCommandLine(argc, argv);
  if (const ExitNow* exit = std::get_if<ExitNow>(&parsed)) return exit->status;
  const absl::StatusOr<int> status = Run(std::get<RunOptions>(parsed));
  if (status.ok()) return *status;
  std::cerr << "ostiary-sidecar: " << status.status().message() << "\n";
  return EX_CONFIG;
}

}  // namespace
}  // namespace ostiary::sidecar

int main(int argc, char** argv) { return ostiary::sidecar::Main(argc, argv); }
