#include "sidecar/socket/packet_socket.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "common/status_macros.h"
#include "sidecar/socket/short_waits.h"

namespace ostiary::sidecar {
namespace {

constexpr size_t kControlBytes = CMSG_SPACE(sizeof(int) * kMaxPacketFds);

void PutDescriptors(const std::vector<int>& fds, msghdr* message) {
  const size_t size = sizeof(int) * fds.size();
  message->msg_controllen = CMSG_SPACE(size);
  cmsghdr* const header = CMSG_FIRSTHDR(message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(size);
  std::memcpy(CMSG_DATA(header), fds.data(), size);
}

std::vector<UniqueFd> TakeDescriptors(msghdr* message) {
  std::vector<UniqueFd> fds;
  for (cmsghdr* header = CMSG_FIRSTHDR(message); header != nullptr;
       header = CMSG_NXTHDR(message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(fd));
      fds.emplace_back(fd);
    }
  }
  return fds;
}

// A side that leaves with packets unread makes the first call after that fail, though what it wrote
// itself is still to be read.
ssize_t ReceiveMessage(int fd, msghdr* message) {
  const ShortWaits short_waits;
  ssize_t size = -1;
  for (int tries = 0; tries < 2; ++tries) {
    do {
      size = ::recvmsg(fd, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (size < 0 && errno == EINTR);
    if (size >= 0 || errno != ECONNRESET) break;
  }
  return size;
}

}  // namespace

PacketSocket& PacketSocket::operator=(PacketSocket&& other) noexcept {
  if (this == &other) return *this;
  Close();
  fd_ = std::move(other.fd_);
  return *this;
}

void PacketSocket::Close() {
  if (!open()) return;
  const ShortWaits short_waits;
  fd_.Reset();
}

absl::Status PacketSocket::Send(const Packet& packet, std::initializer_list<int> fds) const {
  std::string bytes = Encode(packet);
  iovec text = {bytes.data(), bytes.size()};
  alignas(cmsghdr) char control[kControlBytes] = {};
  msghdr message = {};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  if (fds.size() > kMaxPacketFds) return absl::InternalError("too many descriptors for a packet");
  if (fds.size() > 0) {
    message.msg_control = control;
    PutDescriptors(fds, &message);
  }
  if (::sendmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot send: ", std::strerror(errno)));
}

absl::StatusOr<std::optional<PacketSocket::Received>> PacketSocket::Receive(Take take) const {
  char bytes[kMaxPacketBytes];
  iovec text = {bytes, sizeof(bytes)};
  alignas(cmsghdr) char control[kControlBytes] = {};
  msghdr message = {};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  if (take == Take::kDescriptors) {
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
  }
  const ssize_t size = ReceiveMessage(fd_.get(), &message);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
  if (size <= 0) return absl::UnavailableError("the other side closed the connection");
  Received received;
  if (take == Take::kDescriptors) received.fds = TakeDescriptors(&message);
  if ((message.msg_flags & MSG_TRUNC) != 0) return absl::InvalidArgumentError("too long a packet");
  OSTIARY_ASSIGN_OR_RETURN(received.packet,
                           Decode(absl::string_view(bytes, static_cast<size_t>(size))));
  return received;
}

}  // namespace ostiary::sidecar
