// ChildProcess: the MCP server as a child of the sidecar.
//
// It gets a process group of its own, pipes for stdin and stdout, the sidecar's stderr, the
// environment it is given, default signal handling, and no other descriptor. It dies with the
// sidecar: by its parent-death signal, and its whole group by the guard. Destroying a ChildProcess
// kills what is left of the group.
//
// Start it from the main thread: the parent-death signal follows the thread that started it. The
// descriptors 0, 1 and 2 must be open, or a pipe would take a number that the child gives away.
#ifndef OSTIARY_SIDECAR_STDIO_CHILD_PROCESS_H_
#define OSTIARY_SIDECAR_STDIO_CHILD_PROCESS_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/unique_fd.h"
#include "sidecar/stdio/guard.h"
#include "sidecar/stdio/server_process.h"

namespace ostiary::sidecar {

// What to start.
struct ServerCommand {
  std::vector<std::string> arguments;    // the first names the program
  std::vector<std::string> environment;  // "NAME=value"
};

// The file that running `program` with this environment's PATH would start, found as execvp(3)
// does. NOT_FOUND or PERMISSION_DENIED, in words for people, where there is none.
absl::StatusOr<std::string> FindProgram(absl::string_view program,
                                        const std::vector<std::string>& environment);

class ChildProcess final : public ServerProcess {
 public:
  // `guard` must outlive the child; nullptr: none.
  ChildProcess(ServerCommand command, const Guard* guard);
  ~ChildProcess() override;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  absl::StatusOr<ServerPipes> Start() override;
  int end_fd() const override { return pidfd_.get(); }
  std::optional<int> Ended() override;
  void SignalGroup(int signal) override;

 private:
  const ServerCommand command_;
  const Guard* const guard_;
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  std::optional<int> ended_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_CHILD_PROCESS_H_
