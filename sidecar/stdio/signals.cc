#include "sidecar/stdio/signals.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

#include "absl/status/status.h"

namespace ostiary::sidecar {
namespace {

// A number of its own, since it also comes where only the parent's thread that started us ended.
int ParentDeathSignal() { return SIGRTMIN + 4; }

}  // namespace

absl::StatusOr<std::unique_ptr<Signals>> Signals::Take(OnParentDeath on_parent_death) {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  ::signal(SIGCHLD, SIG_DFL);
  sigset_t ends;
  ::sigemptyset(&ends);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, ParentDeathSignal()}) {
    ::sigaddset(&ends, signal);
  }
  if (::sigprocmask(SIG_SETMASK, &ends, nullptr) != 0) {
    return absl::ErrnoToStatus(errno, "cannot block signals");
  }
  UniqueFd fd(::signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.valid()) return absl::ErrnoToStatus(errno, "cannot create a signalfd");
  const pid_t parent = ::getppid();
  if (on_parent_death == OnParentDeath::kEnd) ::prctl(PR_SET_PDEATHSIG, ParentDeathSignal());
  return std::unique_ptr<Signals>(new Signals(std::move(fd), parent));
}

std::optional<int> Signals::Next() {
  signalfd_siginfo info;
  while (::read(fd_.get(), &info, sizeof(info)) == sizeof(info)) {
    const int signal = static_cast<int>(info.ssi_signo);
    if (signal != ParentDeathSignal()) return signal;
    if (::getppid() != parent_) return SIGHUP;
  }
  return std::nullopt;
}

}  // namespace ostiary::sidecar
