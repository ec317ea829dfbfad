#include "sidecar/stdio/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "sidecar/stdio/guard.h"

namespace ostiary::sidecar {
namespace {

// How long we stay for the guard, which needs a few milliseconds; one that takes longer goes on
// without us.
constexpr int kGuardEndMillis = 100;

struct FdPair {
  UniqueFd first;
  UniqueFd second;
};

// `first` is to be read from.
absl::StatusOr<FdPair> MakePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "cannot create a pipe");
  return FdPair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

absl::StatusOr<FdPair> MakeChannel() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return absl::ErrnoToStatus(errno, "cannot create a socket pair");
  }
  return FdPair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  // execve(2) does not write to its arguments.
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

bool Send(int channel, const GuardMessage& message) {
  return ::send(channel, &message, sizeof(message), MSG_NOSIGNAL) == sizeof(message);
}

// False where the guard is gone; kSignal where nothing came, with MSG_DONTWAIT.
bool Receive(int channel, int flags, GuardMessage* message) {
  ssize_t size;
  do {
    size = ::recv(channel, message, sizeof(*message), flags);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    *message = {GuardMessage::kSignal, 0};
    return true;
  }
  return size == sizeof(*message);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Create(const ServerCommand& command) {
  OSTIARY_ASSIGN_OR_RETURN(std::string path,
                           FindProgram(command.arguments.at(0), command.environment));
  OSTIARY_ASSIGN_OR_RETURN(FdPair input, MakePipe());
  OSTIARY_ASSIGN_OR_RETURN(FdPair output, MakePipe());
  OSTIARY_ASSIGN_OR_RETURN(FdPair channel, MakeChannel());
  const std::vector<char*> arguments = Pointers(command.arguments);
  const std::vector<char*> environment = Pointers(command.environment);
  const Launch launch = {path.c_str(), arguments.data(), environment.data(), input.first.get(),
                         output.second.get()};
  const pid_t guard = ::fork();
  if (guard < 0) return absl::ErrnoToStatus(errno, "cannot fork the guard process");
  if (guard == 0) RunGuard(channel.second.get(), launch);
  // Both do it: whoever comes first.
  ::setpgid(guard, guard);
  return std::unique_ptr<ChildProcess>(
      new ChildProcess(std::move(path), {std::move(input.second), std::move(output.first)},
                       std::move(channel.first), guard));
}

ChildProcess::ChildProcess(std::string path, ServerPipes pipes, UniqueFd channel, pid_t guard)
    : path_(std::move(path)),
      guard_(guard),
      channel_(std::move(channel)),
      pipes_(std::move(pipes)) {}

ChildProcess::~ChildProcess() {
  ::shutdown(channel_.get(), SHUT_WR);
  GuardMessage message;
  pollfd slot = {channel_.get(), POLLIN, 0};
  // Its last messages, then the end of its channel, which is its own end.
  while (::poll(&slot, 1, kGuardEndMillis) == 1 && Receive(channel_.get(), 0, &message)) {
  }
  ::waitpid(guard_, nullptr, slot.revents != 0 ? 0 : WNOHANG);
}

absl::StatusOr<ServerPipes> ChildProcess::Start() {
  GuardMessage answer = {};
  if (!Send(channel_.get(), {GuardMessage::kStart, 0}) || !Receive(channel_.get(), 0, &answer) ||
      answer.kind != GuardMessage::kStarted) {
    return absl::UnavailableError(
        absl::StrCat("cannot run ", path_, ": the process that was to start it is gone"));
  }
  if (answer.value != 0) {
    return absl::ErrnoToStatus(answer.value, absl::StrCat("cannot run ", path_));
  }
  return std::move(pipes_);
}

std::optional<int> ChildProcess::Ended() {
  if (ended_.has_value()) return ended_;
  GuardMessage message;
  if (!Receive(channel_.get(), MSG_DONTWAIT, &message)) {
    ended_ = 128 + SIGKILL;  // with its guard
  } else if (message.kind == GuardMessage::kEnded) {
    ended_ = message.value;
  }
  return ended_;
}

void ChildProcess::SignalGroup(int signal) {
  Send(channel_.get(), {GuardMessage::kSignal, signal});
}

}  // namespace ostiary::sidecar
