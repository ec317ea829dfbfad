// `ostiary-pdp serve`: load, watch, listen, answer, until a signal says to stop.
#ifndef OSTIARY_PDP_COMMANDS_SERVE_COMMAND_H_
#define OSTIARY_PDP_COMMANDS_SERVE_COMMAND_H_

#include <ostream>
#include <string>

#include "common/log.h"
#include "pdp/identity/identity_options.h"
#include "pdp/policy/load.h"
#include "pdp/reload/policy_files.h"
#include "pdp/reload/watch_loop.h"
#include "pdp/server/server_options.h"

namespace ostiary::pdp {

struct ServeOptions {
  PolicyPaths paths;
  PolicyLimits limits;
  WatchOptions watch;
  ServerOptions server;
  IdentityOptions identity;
  // Where /metrics is served over HTTP, `host:port`; empty: nowhere.
  std::string metrics_listen;
  LogLevel log_level = LogLevel::kInfo;
};

// Runs until SIGTERM or SIGINT, which drain; a second one ends the process at once. SIGHUP reloads.
// The log goes to stderr: "listening" once for each address, when all of them answer, "metrics
// listening" where there are metrics, and "stopped". Rules that do not load at the start do not end
// it: it answers NOT_SERVING and decides nothing until they do. Returns the exit status: 64 for
// options that make no sense, told on `err`, 78 for an address that cannot be had, 1 where a
// listener takes no connection any more.
//
// Called from the main thread, before any other thread runs: it blocks the signals for all of them.
int RunServe(const ServeOptions& options, std::ostream& err);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_COMMANDS_SERVE_COMMAND_H_
