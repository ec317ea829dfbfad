#include "sidecar/socket/dial.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "sidecar/socket/unix_address.h"

namespace ostiary::sidecar {
namespace {

constexpr MonoDuration kTryAgain = std::chrono::milliseconds(50);

// What may be otherwise a moment later: no folder or socket yet, a dead one, a full queue.
bool MayPass(int error) {
  return error == ENOENT || error == ENOTDIR || error == ECONNREFUSED || error == EAGAIN ||
         error == EINTR;
}

}  // namespace

Dialler::Dialler(std::string path, MonoDuration timeout, Signals* signals, const Clock& clock)
    : path_(std::move(path)), signals_(signals), clock_(clock), due_(clock.Now() + timeout) {}

std::string Dialler::Named(absl::string_view what) const {
  return absl::StrCat("unix:", path_, ": ", what);
}

absl::StatusOr<Attachment> Dialler::Dial() {
  while (true) {
    absl::StatusOr<PacketSocket> control = Connect();
    absl::Status status = control.status();
    if (control.ok()) {
      absl::StatusOr<Attachment> attachment = Ask(*std::move(control));
      if (!absl::IsUnavailable(attachment.status())) return attachment;
      status = attachment.status();
    }
    if (!absl::IsUnavailable(status) || clock_.Now() >= due_) return status;
    OSTIARY_RETURN_IF_ERROR(Await(-1, std::min(due_, clock_.Now() + kTryAgain)));
  }
}

absl::StatusOr<PacketSocket> Dialler::Connect() const {
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return absl::ErrnoToStatus(errno, "cannot make a socket");
  const sockaddr_un address = UnixAddress(path_);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    return PacketSocket(std::move(fd));
  }
  const int error = errno;
  if (MayPass(error)) {
    return absl::UnavailableError(
        Named(absl::StrCat("nobody listens there (", std::strerror(error),
                           "); is the sidecar's container running, and its volume mounted here?")));
  }
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError(
        Named(absl::StrCat("user ", ::geteuid(),
                           " may not open that socket; see the sidecar's "
                           "--socket-mode, and the group of the socket and of its folder")));
  }
  if (error == EPROTOTYPE) {
    return absl::FailedPreconditionError(Named("what listens there is no ostiary-sidecar"));
  }
  return absl::ErrnoToStatus(error, Named("cannot connect"));
}

absl::StatusOr<Attachment> Dialler::Ask(PacketSocket control) {
  // One that is gone may have left us a refusal.
  [[maybe_unused]] const absl::Status sent = control.Send(Packet::Hello());
  while (true) {
    auto received = control.Receive(PacketSocket::Take::kDescriptors);
    if (absl::IsUnavailable(received.status())) {
      return absl::UnavailableError(Named("it closed the connection before it answered"));
    }
    if (!received.ok()) {
      return absl::FailedPreconditionError(Named(received.status().message()));
    }
    if (!received->has_value()) {
      OSTIARY_RETURN_IF_ERROR(Await(control.fd(), due_));
      if (clock_.Now() < due_) continue;
      return absl::DeadlineExceededError(Named("it did not answer in time; is it stuck?"));
    }
    auto& [packet, fds] = **received;
    if (packet.kind == Packet::Kind::kRefused) {
      return absl::PermissionDeniedError(Named(absl::StrCat("refused: ", packet.text)));
    }
    if (packet.kind == Packet::Kind::kWelcome && fds.size() == kMaxPacketFds) {
      return Attachment{std::move(control), std::move(fds[0]), std::move(fds[1])};
    }
    return absl::FailedPreconditionError(Named("it answered with something else than a welcome"));
  }
}

absl::Status Dialler::Await(int fd, MonoTime due) {
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(
      std::max(MonoDuration::zero(), due - clock_.Now()));
  pollfd slots[] = {{fd, POLLIN, 0}, {signals_ == nullptr ? -1 : signals_->fd(), POLLIN, 0}};
  if (::poll(slots, 2, static_cast<int>(wait.count())) <= 0 || slots[1].revents == 0) {
    return absl::OkStatus();
  }
  signal_ = signals_->Next();
  if (!signal_.has_value()) return absl::OkStatus();
  return absl::CancelledError(Named(absl::StrCat("signal ", *signal_, " came before it answered")));
}

}  // namespace ostiary::sidecar
