#include "sidecar/stdio/guard.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <initializer_list>
#include <utility>

#include "common/unique_fd.h"
#include "sidecar/stdio/close_fds.h"

namespace ostiary::sidecar {
namespace {

// While it kills, it looks for who is left this often, and this many times while nobody ends: what
// is in the kernel's hands by then is left to init.
constexpr int kRoundMillis = 5;
constexpr int kMaxIdleRounds = 1000;

// Standard descriptors are kept taken, or a later pipe would get their numbers.
void PointAtNothing(std::initializer_list<int> descriptors) {
  const UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int fd : descriptors) {
    if (nothing.valid()) ::dup2(nothing.get(), fd);
  }
}

int TakeSignals() {
  sigset_t signals;
  ::sigfillset(&signals);
  ::sigprocmask(SIG_SETMASK, &signals, nullptr);
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGCHLD);
  return ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

// Nobody but us waits for our children, so their numbers are theirs while we look.
void KillChildren() {
  const UniqueFd list(::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC));
  char text[4096];
  pid_t pid = 0;
  for (ssize_t size; (size = ::read(list.get(), text, sizeof(text))) > 0;) {
    for (ssize_t i = 0; i < size; ++i) {
      if (text[i] >= '0' && text[i] <= '9') {
        pid = pid * 10 + (text[i] - '0');
      } else if (pid > 0) {
        ::kill(std::exchange(pid, 0), SIGKILL);
      }
    }
  }
}

class GuardProcess {
 public:
  GuardProcess(int channel, int child_ended, const Launch& launch)
      : channel_(channel), child_ended_(child_ended), launch_(launch) {}

  [[noreturn]] void Run() {
    while (!sidecar_gone_ || (!childless_ && idle_rounds_ < kMaxIdleRounds)) {
      Await();
      if (killing_) Kill();
      Reap();
    }
    ::_exit(0);
  }

 private:
  void Await() {
    pollfd slots[] = {{sidecar_gone_ ? -1 : channel_, POLLIN, 0}, {child_ended_, POLLIN, 0}};
    const int ready = ::poll(slots, 2, killing_ && !childless_ ? kRoundMillis : -1);
    idle_rounds_ = ready == 0 ? idle_rounds_ + 1 : 0;
    signalfd_siginfo info;
    while (::read(child_ended_, &info, sizeof(info)) == sizeof(info)) {
    }
    if (slots[0].revents == 0) return;
    GuardMessage message = {};
    const ssize_t size = ::recv(channel_, &message, sizeof(message), MSG_DONTWAIT);
    if (size == sizeof(message)) return Obey(message);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    sidecar_gone_ = true;
    killing_ = true;
  }

  void Obey(const GuardMessage& message) {
    if (message.kind == GuardMessage::kStart && !started_) return Start();
    if (message.kind != GuardMessage::kSignal) return;
    if (message.value == SIGKILL) {
      killing_ = true;
    } else if (server_ > 0) {
      ::kill(-server_, message.value);
    }
  }

  void Start() {
    started_ = true;
    pid_t pid = -1;
    const int why = StartProgram(launch_, &pid);
    if (why == 0) server_ = pid;
    childless_ = why != 0;
    // The server's alone from now on.
    ::close(launch_.input);
    ::close(launch_.output);
    PointAtNothing({STDERR_FILENO});
    Say({GuardMessage::kStarted, why});
  }

  void Kill() const {
    // Until it is reaped, nobody else can get its number.
    if (server_ > 0) ::kill(-server_, SIGKILL);
    KillChildren();
  }

  void Reap() {
    while (true) {
      int status = 0;
      const pid_t pid = ::waitpid(-1, &status, WNOHANG);
      if (pid < 0 && errno == EINTR) continue;
      childless_ = pid < 0;
      if (pid <= 0) return;
      if (pid != server_) continue;
      server_ = -1;
      Say({GuardMessage::kEnded, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)});
    }
  }

  void Say(const GuardMessage& message) const {
    ::send(channel_, &message, sizeof(message), MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  const int channel_;
  const int child_ended_;
  const Launch launch_;
  pid_t server_ = -1;  // -1 also once it ended
  int idle_rounds_ = 0;
  bool started_ = false;
  bool killing_ = false;
  bool sidecar_gone_ = false;
  bool childless_ = true;
};

}  // namespace

void RunGuard(int channel, const Launch& launch) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_NAME, "ostiary-guard");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  PointAtNothing({STDIN_FILENO, STDOUT_FILENO});
  CloseAllBut({channel, launch.input, launch.output});
  GuardProcess(channel, TakeSignals(), launch).Run();
}

}  // namespace ostiary::sidecar
