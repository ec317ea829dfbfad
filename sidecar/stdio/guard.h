// Guard: a second process that leaves no orphan where the sidecar is killed.
//
// It waits on a pipe from the sidecar. When the sidecar is gone, however it went, the guard kills
// the server's process group, so what the server started goes too, and ends. It stands in a session
// of its own, so signals from a terminal and to the sidecar's process group pass it by.
//
// Fork it first thing in main, before there are threads.
#ifndef OSTIARY_SIDECAR_STDIO_GUARD_H_
#define OSTIARY_SIDECAR_STDIO_GUARD_H_

#include <sys/types.h>

#include <utility>

#include "absl/status/statusor.h"
#include "common/unique_fd.h"

namespace ostiary::sidecar {

class Guard {
 public:
  static absl::StatusOr<Guard> Fork();

  Guard(Guard&& other) noexcept
      : pipe_(std::move(other.pipe_)), pid_(std::exchange(other.pid_, -1)) {}
  Guard& operator=(Guard&&) = delete;
  // Ends the guard, which kills what it is told to watch, and waits for it.
  ~Guard();

  // From now on the guard watches this process group; 0: none. Async-signal-safe: the server's
  // process says so itself, before it becomes the server, so there is no moment between.
  void Watch(pid_t group) const;

 private:
  Guard(UniqueFd pipe, pid_t pid) : pipe_(std::move(pipe)), pid_(pid) {}

  UniqueFd pipe_;
  pid_t pid_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_GUARD_H_
