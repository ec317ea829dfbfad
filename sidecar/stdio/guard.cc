#include "sidecar/stdio/guard.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "absl/status/status.h"

namespace ostiary::sidecar {
namespace {

// Closes every descriptor but `keep`: the guard must not hold the client's pipes open.
void CloseAllBut(int keep) {
  const auto kept = static_cast<unsigned>(keep);
  if (kept > 0) ::close_range(0, kept - 1, 0);
  ::close_range(kept + 1, ~0U, 0);
}

[[noreturn]] void RunGuard(int pipe) {
  ::setsid();
  ::prctl(PR_SET_NAME, "ostiary-guard");
  CloseAllBut(pipe);
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  pid_t group = 0;
  while (true) {
    pid_t told = 0;
    const ssize_t size = ::read(pipe, &told, sizeof(told));
    if (size < 0 && errno == EINTR) continue;
    if (size != sizeof(told)) break;
    group = told;
  }
  if (group > 0) ::kill(-group, SIGKILL);
  ::_exit(0);
}

}  // namespace

absl::StatusOr<Guard> Guard::Fork() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "cannot create a pipe");
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return absl::ErrnoToStatus(errno, "cannot fork the guard process");
  if (pid == 0) RunGuard(read_end.get());
  return Guard(std::move(write_end), pid);
}

Guard::~Guard() {
  if (pid_ < 0) return;
  pipe_.Reset();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Guard::Watch(pid_t group) const {
  // A guard that is gone cannot be told; the parent-death signal is left.
  [[maybe_unused]] const ssize_t written = ::write(pipe_.get(), &group, sizeof(group));
}

}  // namespace ostiary::sidecar
