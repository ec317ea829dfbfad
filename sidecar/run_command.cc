#include "sidecar/run_command.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/status_macros.h"
#include "sidecar/local/local_source.h"
#include "sidecar/stdio/catalog_command.h"
#include "sidecar/stdio/child_process.h"
#include "sidecar/stdio/event_loop.h"
#include "sidecar/stdio/inbox.h"
#include "sidecar/stdio/server_command.h"
#include "sidecar/stdio/signals.h"
#ifdef OSTIARY_WITH_PDP
#include "sidecar/pdp_client/channel.h"
#include "sidecar/pdp_client/session_source.h"
#endif

namespace ostiary::sidecar {
namespace {

std::string RandomHex() {
  std::random_device random;
  return absl::StrCat(absl::Hex(random(), absl::kZeroPad8), absl::Hex(random(), absl::kZeroPad8));
}

bool SameFile(const char* path, const char* other) {
  struct stat file = {};
  struct stat other_file = {};
  return ::stat(path, &file) == 0 && ::stat(other, &other_file) == 0 &&
         file.st_dev == other_file.st_dev && file.st_ino == other_file.st_ino;
}

// Whether the command is what started us: this program with our arguments and our environment. It
// would come to itself again, and so on without end.
bool IsWhatStartedUs(const ServerCommand& command, std::vector<std::string> environment) {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> ours;
  for (std::string argument; std::getline(file, argument, '\0');) ours.push_back(argument);
  std::vector<std::string> theirs = command.environment;
  std::sort(environment.begin(), environment.end());
  std::sort(theirs.begin(), theirs.end());
  if (ours.size() != command.arguments.size() || environment != theirs ||
      !std::equal(ours.begin() + 1, ours.end(), command.arguments.begin() + 1)) {
    return false;
  }
  const auto program = FindProgram(command.arguments.front(), command.environment);
  return program.ok() && SameFile(program->c_str(), "/proc/self/exe");
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
  if (command.ok() && IsWhatStartedUs(*command, std::move(environment))) {
    command = absl::InvalidArgumentError(
        absl::StrCat("server ", options.enforcer.server,
                     ": its command is the very one that started this sidecar; put the server's "
                     "own command behind --, or name a catalog that has it"));
  }
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
  session.tls = options.pdp_tls;
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

}  // namespace

absl::StatusOr<int> RunServer(const RunOptions& options, std::vector<std::string> environment) {
  const Log log(STDERR_FILENO, options.log_level, Clock::System());
  OSTIARY_ASSIGN_OR_RETURN(const ServerCommand command,
                           ChooseCommand(options, std::move(environment)));
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

absl::Status CheckRun(const RunOptions& options, std::vector<std::string> environment) {
  OSTIARY_ASSIGN_OR_RETURN(const ServerCommand command,
                           ChooseCommand(options, std::move(environment)));
  return FindProgram(command.arguments.at(0), command.environment).status();
}

}  // namespace ostiary::sidecar
