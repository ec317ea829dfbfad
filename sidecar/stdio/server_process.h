// ServerProcess: what the event loop needs of the MCP server's process. ChildProcess is the real
// one; tests put pipes in its place.
#ifndef OSTIARY_SIDECAR_STDIO_SERVER_PROCESS_H_
#define OSTIARY_SIDECAR_STDIO_SERVER_PROCESS_H_

#include <optional>

#include "absl/status/statusor.h"
#include "common/unique_fd.h"

namespace ostiary::sidecar {

// Our ends of the server's stdin and stdout.
struct ServerPipes {
  UniqueFd input;   // to write to, shared with nobody
  UniqueFd output;  // to read from
};

// Called by the event loop's thread only.
class ServerProcess {
 public:
  virtual ~ServerProcess() = default;

  // Starts the server; called once at most. The error says what could not be started and why.
  virtual absl::StatusOr<ServerPipes> Start() = 0;

  // Readable once the process ended; -1 where Ended() must be asked from time to time.
  virtual int end_fd() const = 0;

  // How it ended, as a shell tells it: its exit status, or 128 + the signal that killed it.
  virtual std::optional<int> Ended() = 0;

  // Sends a signal to the server and to what it started (its process group).
  virtual void SignalGroup(int signal) = 0;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_SERVER_PROCESS_H_
