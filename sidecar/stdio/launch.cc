#include "sidecar/stdio/launch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "common/unique_fd.h"

namespace ostiary::sidecar {
namespace {

// A shell script without "#!" is run by the shell, as execvp(3) does.
void ExecByShell(const Launch& launch) {
  constexpr int kMaxArguments = 1024;
  const char* arguments[kMaxArguments + 3] = {"/bin/sh", launch.path};
  for (int i = 1; launch.arguments[i] != nullptr; ++i) {
    if (i > kMaxArguments) return;
    arguments[i + 1] = launch.arguments[i];
  }
  ::execve("/bin/sh", const_cast<char**>(arguments), launch.environment);
}

void ResetSignals() {
  struct sigaction by_default = {};
  by_default.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &by_default, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// `error` gets the errno of an exec that failed, and is closed by one that did not. Runs in its
// parent's memory, while that waits: it changes nothing there but errno and its own stack.
[[noreturn]] void BecomeProgram(const Launch& launch, pid_t parent, int error) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  ResetSignals();
  if (::dup2(launch.input, STDIN_FILENO) >= 0 && ::dup2(launch.output, STDOUT_FILENO) >= 0) {
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    ::execve(launch.path, launch.arguments, launch.environment);
    if (errno == ENOEXEC) ExecByShell(launch);
  }
  const int why = errno;
  [[maybe_unused]] const ssize_t written = ::write(error, &why, sizeof(why));
  ::_exit(127);
}

// 0 once the exec succeeded, else its errno.
int AwaitExec(int fd) {
  int why = 0;
  ssize_t size;
  do {
    size = ::read(fd, &why, sizeof(why));
  } while (size < 0 && errno == EINTR);
  return size == sizeof(why) ? why : 0;
}

}  // namespace

int StartProgram(const Launch& launch, pid_t* pid) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return errno;
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  const pid_t parent = ::getpid();
  // Not fork(2): what is to become another program needs no copy of our pages.
  const pid_t child = ::vfork();
  // More calls than POSIX allows it; Linux gives it the stack and all else until the exec.
  // NOLINTNEXTLINE(clang-analyzer-unix.Vfork)
  if (child == 0) BecomeProgram(launch, parent, write_end.get());
  if (child < 0) return errno;
  *pid = child;
  ::setpgid(child, child);
  write_end.Reset();
  const int why = AwaitExec(read_end.get());
  if (why != 0) ::waitpid(child, nullptr, 0);
  return why;
}

}  // namespace ostiary::sidecar
