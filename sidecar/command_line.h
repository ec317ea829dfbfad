// CommandLine: which subcommand of ostiary-sidecar was asked for, with its options. Only main.cc
// reads it.
#ifndef OSTIARY_SIDECAR_COMMAND_LINE_H_
#define OSTIARY_SIDECAR_COMMAND_LINE_H_

#include <variant>

#include "sidecar/connect_options.h"
#include "sidecar/install/install.h"
#include "sidecar/run_options.h"
#include "sidecar/serve_options.h"

namespace ostiary::sidecar {

// What to do instead: help was asked for, or the usage was wrong. Already printed.
struct ExitNow {
  int status = 0;
};

// One alternative for each subcommand.
using CommandLine = std::variant<ExitNow, RunOptions, ServeOptions, ConnectOptions, InstallOptions>;

// Reads the arguments, and OSTIARY_<FLAG> from the environment where a flag is not given.
CommandLine ParseCommandLine(int argc, const char* const* argv);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_COMMAND_LINE_H_
