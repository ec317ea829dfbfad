// What `ostiary-sidecar connect` does: is the stdio end of a session that `serve` runs elsewhere.
#ifndef OSTIARY_SIDECAR_CONNECT_COMMAND_H_
#define OSTIARY_SIDECAR_CONNECT_COMMAND_H_

#include "absl/status/statusor.h"
#include "sidecar/connect_options.h"

namespace ostiary::sidecar {

// Runs until the session has ended, and returns the exit status: what `run` would have left with;
// 69, said on stderr, where no session came about or it went away without one.
int Connect(const ConnectOptions& options);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CONNECT_COMMAND_H_
