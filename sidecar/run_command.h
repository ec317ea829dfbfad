// What `ostiary-sidecar run` does: puts the parts together, starts the server and guards it.
#ifndef OSTIARY_SIDECAR_RUN_COMMAND_H_
#define OSTIARY_SIDECAR_RUN_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sidecar/run_options.h"

namespace ostiary::sidecar {

// Runs until the server has ended, and returns the exit status: the server's own, 128 + N where
// signal N ended it. An error is a configuration that cannot be used; nothing runs then. To be
// called once, before the process has threads: signals are taken over, and the server is forked.
//
// The server gets `environment`, as NAME=VALUE.
absl::StatusOr<int> RunServer(const RunOptions& options, std::vector<std::string> environment);

// What RunServer would find wrong with the configuration at once: a catalog that cannot be read, a
// program that is not there. Starts nothing.
absl::Status CheckRun(const RunOptions& options, std::vector<std::string> environment);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_RUN_COMMAND_H_
