#include "sidecar/socket/forked_sessions.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "absl/status/status.h"
#include "sidecar/socket/short_waits.h"
#include "sidecar/stdio/close_fds.h"

namespace ostiary::sidecar {
namespace {

// Never returns: what this process's parent owns is not this process's to clean up.
[[noreturn]] void BecomeSession(int input, int output, const std::function<int()>& body) {
  ::prctl(PR_SET_NAME, "ostiary-session");
  if (::dup2(input, STDIN_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0) ::_exit(EXIT_FAILURE);
  {
    // Our copies of others' connections may be the last by now.
    const ShortWaits short_waits;
    CloseAllBut({});
  }
  ::_exit(body());
}

}  // namespace

absl::StatusOr<std::unique_ptr<ForkedSessions>> ForkedSessions::Create(std::function<int()> body) {
  sigset_t ended;
  ::sigemptyset(&ended);
  ::sigaddset(&ended, SIGCHLD);
  if (::sigprocmask(SIG_BLOCK, &ended, nullptr) != 0) {
    return absl::ErrnoToStatus(errno, "cannot block SIGCHLD");
  }
  UniqueFd fd(::signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.valid()) return absl::ErrnoToStatus(errno, "cannot create a signalfd");
  return std::unique_ptr<ForkedSessions>(new ForkedSessions(std::move(body), std::move(fd)));
}

absl::StatusOr<int> ForkedSessions::Start(UniqueFd input, UniqueFd output) {
  const pid_t pid = ::fork();
  if (pid < 0) return absl::ErrnoToStatus(errno, "cannot start a process for the session");
  if (pid == 0) BecomeSession(input.get(), output.get(), body_);
  running_.insert(pid);
  return pid;
}

void ForkedSessions::Signal(int id, int signal) {
  // Until NextEnd has waited for it, nobody else can get its number.
  if (running_.count(id) > 0) ::kill(id, signal);
}

std::optional<SessionRunner::End> ForkedSessions::NextEnd() {
  signalfd_siginfo info;
  while (::read(child_ended_.get(), &info, sizeof(info)) == sizeof(info)) {
  }
  while (true) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid < 0 && errno == EINTR) continue;
    if (pid <= 0) return std::nullopt;
    if (running_.erase(pid) == 0) continue;
    return End{pid, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)};
  }
}

}  // namespace ostiary::sidecar
