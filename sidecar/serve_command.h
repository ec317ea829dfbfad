// What `ostiary-sidecar serve` does: listens on a Unix socket, and does for every connection what
// `run` does for its client.
#ifndef OSTIARY_SIDECAR_SERVE_COMMAND_H_
#define OSTIARY_SIDECAR_SERVE_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sidecar/serve_options.h"

namespace ostiary::sidecar {

// Serves until a signal says to end, and returns the exit status then. An error is a configuration
// that cannot be used: nobody can connect then. To be called once, before the process has threads.
absl::StatusOr<int> Serve(const ServeOptions& options, const std::vector<std::string>& environment);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_SERVE_COMMAND_H_
