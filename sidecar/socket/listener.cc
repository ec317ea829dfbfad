#include "sidecar/socket/listener.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "sidecar/socket/short_waits.h"
#include "sidecar/socket/unix_address.h"

namespace ostiary::sidecar {
namespace {

// Connections that the kernel keeps for us until we take them.
constexpr int kBacklog = 64;

absl::Status Failed(const std::string& path, absl::string_view what) {
  return absl::ErrnoToStatus(errno, absl::StrCat("unix:", path, ": cannot ", what));
}

// By the umask, not by chmod: that would follow a link that somebody put there meanwhile.
int Bind(int fd, const std::string& path, mode_t mode) {
  const sockaddr_un address = UnixAddress(path);
  const mode_t before = ::umask(0777 & ~mode);
  const int result = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  const int why = errno;
  ::umask(before);
  errno = why;
  return result;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SocketListener>> SocketListener::Listen(const std::string& path,
                                                                       mode_t mode) {
  OSTIARY_ASSIGN_OR_RETURN(UnixSocketGuard guard, UnixSocketGuard::Acquire(path));
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return Failed(path, "make a socket");
  if (Bind(fd.get(), path, mode) != 0) return Failed(path, "make the socket there");
  struct stat about = {};
  if (::lstat(path.c_str(), &about) != 0) return Failed(path, "look at the socket");
  std::unique_ptr<SocketListener> listener(
      new SocketListener(path, std::move(guard), std::move(fd), about.st_dev, about.st_ino));
  if (::listen(listener->fd(), kBacklog) != 0) return Failed(path, "listen");
  return listener;
}

SocketListener::~SocketListener() {
  struct stat about = {};
  if (::lstat(path_.c_str(), &about) == 0 && about.st_dev == device_ && about.st_ino == inode_) {
    ::unlink(path_.c_str());
  }
  // With it go the connections that nobody took.
  const ShortWaits short_waits;
  fd_.Reset();
}

absl::StatusOr<SocketListener::Accepted> SocketListener::Accept() const {
  UniqueFd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd.valid()) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return absl::ResourceExhaustedError(absl::StrCat("cannot accept: errno ", errno));
    }
    return absl::NotFoundError("no connection waits");
  }
  ucred credentials = {};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 ||
      size != sizeof(credentials)) {
    return absl::NotFoundError("a connection of nobody knows whom");
  }
  return Accepted{PacketSocket(std::move(fd)), {credentials.pid, credentials.uid}};
}

}  // namespace ostiary::sidecar
