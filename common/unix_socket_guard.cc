#include "common/unix_socket_guard.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace ostiary {
namespace {

absl::Status InUse(const std::string& path) {
  return absl::AlreadyExistsError(absl::StrCat(
      "unix:", path, ": another server listens there; stop it, or listen somewhere else"));
}

absl::StatusOr<UniqueFd> Lock(const std::string& path) {
  const std::string lock_path = absl::StrCat(path, ".lock");
  UniqueFd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid() && (errno == ENOENT || errno == ENOTDIR)) {
    return absl::NotFoundError(
        absl::StrCat("unix:", path, ": its folder does not exist; create it, or mount it there"));
  }
  if (!lock.valid()) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", lock_path));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return InUse(path);
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot lock ", lock_path));
  }
  return lock;
}

// Whether somebody accepts connections at `path`, with or without our lock. EPROTOTYPE: somebody
// does, for sockets of another type.
absl::Status ProbeStale(const std::string& path) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.valid()) return absl::ErrnoToStatus(errno, "cannot make a socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat("unix:", path, ": the path is too long"));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ||
      errno == EAGAIN || errno == EPROTOTYPE) {
    return InUse(path);
  }
  if (errno == ECONNREFUSED) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, absl::StrCat("unix:", path, ": cannot tell who listens there"));
}

}  // namespace

absl::StatusOr<UnixSocketGuard> UnixSocketGuard::Acquire(const std::string& path) {
  OSTIARY_ASSIGN_OR_RETURN(UniqueFd lock, Lock(path));
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return UnixSocketGuard(std::move(lock));
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot look at ", path));
  }
  if (!S_ISSOCK(status.st_mode)) {
    return absl::AlreadyExistsError(
        absl::StrCat("unix:", path, ": there is something that is no socket; remove it yourself"));
  }
  OSTIARY_RETURN_IF_ERROR(ProbeStale(path));
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot remove the dead socket ", path));
  }
  return UnixSocketGuard(std::move(lock));
}

}  // namespace ostiary
