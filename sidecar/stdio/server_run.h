// ServerRun: the one run of the server's process: whether it started, whether it ended, and what
// that means for the client and for our exit status.
//
// Owned by the event loop; one thread.
#ifndef OSTIARY_SIDECAR_STDIO_SERVER_RUN_H_
#define OSTIARY_SIDECAR_STDIO_SERVER_RUN_H_

#include <optional>
#include <string>

#include "common/log.h"
#include "sidecar/stdio/server_process.h"

namespace ostiary::sidecar {

class ServerRun {
 public:
  // Both must outlive it.
  ServerRun(ServerProcess* process, const Log* log) : process_(*process), log_(*log) {}

  // Starts the process; nothing, and a line in the log, where it cannot be. Called once at most.
  std::optional<ServerPipes> Start();
  void SignalGroup(int signal) { process_.SignalGroup(signal); }

  // Start was called, whatever came of it.
  bool begun() const { return started_ || failed(); }
  bool failed() const { return error_.has_value(); }
  // Nothing runs any more.
  bool over() const { return status_.has_value() || failed(); }

  // Its end is still to be looked for: by polling end_fd() or, where that is negative, every now
  // and then.
  bool awaits_end() const { return started_ && !status_.has_value(); }
  int end_fd() const { return process_.end_fd(); }
  void LookForEnd();

  // In words for the client, for once it is gone, or closed its output.
  std::string WhyGone() const;
  // Our own: the server's; 78 where it could not be started; nothing where it was never to run.
  std::optional<int> ExitStatus() const;

 private:
  ServerProcess& process_;
  const Log& log_;
  bool started_ = false;
  std::optional<std::string> error_;
  std::optional<int> status_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_SERVER_RUN_H_
