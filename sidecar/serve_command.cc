#include "sidecar/serve_command.h"

#include <sysexits.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <utility>

#include "common/clock.h"
#include "common/log.h"
#include "common/status_macros.h"
#include "sidecar/run_command.h"
#include "sidecar/socket/forked_sessions.h"
#include "sidecar/socket/listener.h"
#include "sidecar/socket/serve_loop.h"
#include "sidecar/stdio/signals.h"

namespace ostiary::sidecar {

absl::StatusOr<int> Serve(const ServeOptions& options,
                          const std::vector<std::string>& environment) {
  const Log log(STDERR_FILENO, options.run.log_level, Clock::System());
  OSTIARY_RETURN_IF_ERROR(CheckRun(options.run, environment));
  OSTIARY_ASSIGN_OR_RETURN(const auto signals, Signals::Take(OnParentDeath::kGoOn));
  OSTIARY_ASSIGN_OR_RETURN(const auto sessions, ForkedSessions::Create([&options, &environment] {
                             const absl::StatusOr<int> status = RunServer(options.run, environment);
                             if (status.ok()) return *status;
                             std::cerr << "ostiary-sidecar: " << status.status().message() << "\n";
                             return EX_CONFIG;
                           }));
  OSTIARY_ASSIGN_OR_RETURN(auto listener,
                           SocketListener::Listen(options.path, options.socket_mode));
  ServeLoopOptions loop_options;
  loop_options.allowed_uids = options.allowed_uids;
  if (loop_options.allowed_uids.empty()) loop_options.allowed_uids = {::geteuid()};
  loop_options.max_sessions = options.max_connections;
  log.Info("listening", {{"address", "unix:" + options.path}});
  ServeLoop(std::move(loop_options), std::move(listener),
            {sessions.get(), signals.get(), &Clock::System(), &log})
      .Run();
  log.Info("ended");
  return EX_OK;
}

}  // namespace ostiary::sidecar
