#include "sidecar/stdio/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status_macros.h"

namespace ostiary::sidecar {
namespace {

// Bytes of our pipes. The machine's maximum (1 MiB) times two pipes would use up a user's share
// (pipe-user-pages-soft, 64 MiB) with 32 sidecars, and every later pipe of that user would be tiny.
constexpr int kPipeBytes = 256 << 10;

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "cannot create a pipe");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  // execve(2) does not write to its arguments.
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// What the child needs between fork and exec, made before the fork: with other threads about, only
// async-signal-safe calls are allowed there.
struct Launch {
  const char* path;
  char* const* arguments;
  char* const* environment;
  int input;
  int output;
  int error;  // gets the errno of an exec that failed; closed by one that did not
  pid_t parent;
  const Guard* guard;
};

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

[[noreturn]] void BecomeServer(const Launch& launch) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != launch.parent) ::_exit(127);
  if (launch.guard != nullptr) launch.guard->Watch(::getpid());
  ResetSignals();
  if (::dup2(launch.input, STDIN_FILENO) >= 0 && ::dup2(launch.output, STDOUT_FILENO) >= 0) {
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    ::execve(launch.path, launch.arguments, launch.environment);
    if (errno == ENOEXEC) ExecByShell(launch);
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t written = ::write(launch.error, &error, sizeof(error));
  ::_exit(127);
}

// 0 once the exec succeeded, else its errno.
int AwaitExec(int fd) {
  int error = 0;
  ssize_t size;
  do {
    size = ::read(fd, &error, sizeof(error));
  } while (size < 0 && errno == EINTR);
  return size == sizeof(error) ? error : 0;
}

}  // namespace

absl::StatusOr<std::string> FindProgram(absl::string_view program,
                                        const std::vector<std::string>& environment) {
  if (program.empty()) return absl::NotFoundError("the server's command is empty");
  const auto runs = [](const std::string& path) {
    struct stat about = {};
    return ::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) &&
           ::access(path.c_str(), X_OK) == 0;
  };
  if (absl::StrContains(program, '/')) {
    const std::string path(program);
    if (runs(path)) return path;
    if (::access(path.c_str(), F_OK) != 0) {
      return absl::NotFoundError(absl::StrCat("there is no file ", program));
    }
    return absl::PermissionDeniedError(absl::StrCat(program, " is not a program that may be run"));
  }
  absl::string_view search = "/bin:/usr/bin";
  for (const std::string& variable : environment) {
    if (absl::StartsWith(variable, "PATH=")) search = absl::string_view(variable).substr(5);
  }
  for (absl::string_view folder : absl::StrSplit(search, ':')) {
    const std::string path = absl::StrCat(folder.empty() ? "." : folder, "/", program);
    if (runs(path)) return path;
  }
  return absl::NotFoundError(
      absl::StrCat("there is no program ", program, " in PATH (", search, ")"));
}

ChildProcess::ChildProcess(ServerCommand command, const Guard* guard)
    : command_(std::move(command)), guard_(guard) {}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  // The child is not waited for before its group is killed: until then nobody else can get its
  // number, so no stranger is killed.
  SignalGroup(SIGKILL);
  if (guard_ != nullptr) guard_->Watch(0);
  // One that the kernel cannot end now is left to init.
  ::waitpid(pid_, nullptr, Ended().has_value() ? 0 : WNOHANG);
}

absl::StatusOr<ServerPipes> ChildProcess::Start() {
  OSTIARY_ASSIGN_OR_RETURN(const std::string path,
                           FindProgram(command_.arguments.at(0), command_.environment));
  OSTIARY_ASSIGN_OR_RETURN(Pipe input, MakePipe());
  OSTIARY_ASSIGN_OR_RETURN(Pipe output, MakePipe());
  OSTIARY_ASSIGN_OR_RETURN(Pipe error, MakePipe());
  // Not allowed to a user with very many pipes: then they stay as they are.
  ::fcntl(input.write_end.get(), F_SETPIPE_SZ, kPipeBytes);
  ::fcntl(output.read_end.get(), F_SETPIPE_SZ, kPipeBytes);
  const std::vector<char*> arguments = Pointers(command_.arguments);
  const std::vector<char*> environment = Pointers(command_.environment);
  const Launch launch = {
      path.c_str(),           arguments.data(),      environment.data(), input.read_end.get(),
      output.write_end.get(), error.write_end.get(), ::getpid(),         guard_};
  pid_ = ::fork();
  if (pid_ < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot fork to start ", path));
  if (pid_ == 0) BecomeServer(launch);
  ::setpgid(pid_, pid_);
  pidfd_.Reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  error.write_end.Reset();
  if (const int failure = AwaitExec(error.read_end.get()); failure != 0) {
    return absl::ErrnoToStatus(failure, absl::StrCat("cannot run ", path));
  }
  return ServerPipes{std::move(input.write_end), std::move(output.read_end)};
}

std::optional<int> ChildProcess::Ended() {
  if (ended_.has_value() || pid_ < 0) return ended_;
  siginfo_t how = {};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &how, WEXITED | WNOHANG | WNOWAIT) == 0 &&
      how.si_pid == pid_) {
    ended_ = how.si_code == CLD_EXITED ? how.si_status : 128 + how.si_status;
  }
  return ended_;
}

void ChildProcess::SignalGroup(int signal) {
  if (pid_ > 0) ::kill(-pid_, signal);
}

}  // namespace ostiary::sidecar
