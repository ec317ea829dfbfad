// ForkedSessions: a process for each session, forked from this one, which does what `run` does.
//
// A process of its own for each: a session has its server's guard, its PDP stream and its memory to
// itself, and takes nobody else with it. There is no exec, so no path to find and no arguments to
// hand over; hence this process must have no threads. Also waits for whatever else becomes our
// child, as a container's first process has to.
//
// Owned by the program; one thread.
#ifndef OSTIARY_SIDECAR_SOCKET_FORKED_SESSIONS_H_
#define OSTIARY_SIDECAR_SOCKET_FORKED_SESSIONS_H_

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "common/unique_fd.h"
#include "sidecar/socket/session_runner.h"

namespace ostiary::sidecar {

class ForkedSessions final : public SessionRunner {
 public:
  // `body` is what a session's process does with its stdin and stdout, and returns its status. Call
  // it after Signals::Take(), since it blocks SIGCHLD besides.
  static absl::StatusOr<std::unique_ptr<ForkedSessions>> Create(std::function<int()> body);

  absl::StatusOr<int> Start(UniqueFd input, UniqueFd output) override;
  void Signal(int id, int signal) override;
  std::optional<End> NextEnd() override;
  int fd() const override { return child_ended_.get(); }

 private:
  ForkedSessions(std::function<int()> body, UniqueFd child_ended)
      : body_(std::move(body)), child_ended_(std::move(child_ended)) {}

  const std::function<int()> body_;
  const UniqueFd child_ended_;
  std::set<int> running_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_SOCKET_FORKED_SESSIONS_H_
