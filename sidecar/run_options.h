// RunOptions: the command line of `ostiary-sidecar run`, with what the environment adds to it.
#ifndef OSTIARY_SIDECAR_RUN_OPTIONS_H_
#define OSTIARY_SIDECAR_RUN_OPTIONS_H_

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/log.h"
#include "sidecar/core/enforcer.h"

namespace ostiary::sidecar {

struct RunOptions {
  EnforcerOptions enforcer;
  // Who decides: exactly one of the two.
  std::string pdp;
  std::string rules;
  std::optional<std::string> mcp_config;
  LogLevel log_level = LogLevel::kInfo;
  // Empty: the catalog's command for the server.
  std::vector<std::string> command;
};

// What to do instead of running: help was asked for, or the usage was wrong. Already printed.
struct ExitNow {
  int status = 0;
};

// Reads the arguments, and OSTIARY_<FLAG> from the environment where a flag is not given.
std::variant<RunOptions, ExitNow> ParseCommandLine(int argc, const char* const* argv);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_RUN_OPTIONS_H_
