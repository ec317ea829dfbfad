// ChildProcess: the MCP server, started and watched over by a guard process (guard.h).
//
// The server gets a process group of its own, pipes for stdin and stdout, the sidecar's stderr, the
// environment it is given, default signal handling, and no other descriptor. It does not outlive
// the sidecar, nor does anything that it starts. Destroying a ChildProcess kills what is left.
//
// Create it first thing in main, before there are threads: it forks. The descriptors 0, 1 and 2
// must be open, or a pipe would take a number that the server's process gives away.
#ifndef OSTIARY_SIDECAR_STDIO_CHILD_PROCESS_H_
#define OSTIARY_SIDECAR_STDIO_CHILD_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/unique_fd.h"
#include "sidecar/stdio/server_command.h"
#include "sidecar/stdio/server_process.h"

namespace ostiary::sidecar {

class ChildProcess final : public ServerProcess {
 public:
  // Finds the program and forks the guard; starts nothing.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Create(const ServerCommand& command);
  ~ChildProcess() override;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  absl::StatusOr<ServerPipes> Start() override;
  int end_fd() const override { return channel_.get(); }
  std::optional<int> Ended() override;
  void SignalGroup(int signal) override;

  pid_t guard() const { return guard_; }

 private:
  ChildProcess(std::string path, ServerPipes pipes, UniqueFd channel, pid_t guard);

  const std::string path_;
  const pid_t guard_;
  UniqueFd channel_;
  ServerPipes pipes_;
  std::optional<int> ended_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_CHILD_PROCESS_H_
