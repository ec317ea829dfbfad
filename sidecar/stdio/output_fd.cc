#include "sidecar/stdio/output_fd.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "absl/strings/str_cat.h"

namespace ostiary::sidecar {
namespace {

ssize_t WriteStep(int fd, const iovec& vector) {
  pollfd ready = {fd, POLLOUT, 0};
  const int count = ::poll(&ready, 1, 0);
  if (count < 0) return -1;
  if (count == 0) {
    errno = EAGAIN;
    return -1;
  }
  return ::write(fd, vector.iov_base, std::min<size_t>(vector.iov_len, PIPE_BUF));
}

// Writes until a step takes nothing.
ssize_t WriteInSteps(int fd, const iovec* vectors, int count) {
  ssize_t total = 0;
  for (int i = 0; i < count; ++i) {
    iovec rest = vectors[i];
    while (rest.iov_len > 0) {
      const ssize_t written = WriteStep(fd, rest);
      if (written < 0) return total > 0 ? total : -1;
      total += written;
      rest.iov_base = static_cast<char*>(rest.iov_base) + written;
      rest.iov_len -= static_cast<size_t>(written);
    }
  }
  return total;
}

}  // namespace

OutputFd OutputFd::Own(UniqueFd fd) {
  const int number = fd.get();
  ::fcntl(number, F_SETFL, ::fcntl(number, F_GETFL) | O_NONBLOCK);
  return OutputFd(std::move(fd), number, Way::kPlain);
}

OutputFd OutputFd::Inherited(int fd) {
  struct stat about = {};
  if (::fstat(fd, &about) != 0) return OutputFd();
  if (S_ISSOCK(about.st_mode)) return OutputFd(UniqueFd(), fd, Way::kSocket);
  if (S_ISFIFO(about.st_mode) || S_ISCHR(about.st_mode)) {
    const std::string path = absl::StrCat("/proc/self/fd/", fd);
    UniqueFd own(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    const int number = own.get();
    if (own.valid()) return OutputFd(std::move(own), number, Way::kPlain);
    return InSteps(fd);
  }
  return OutputFd(UniqueFd(), fd, Way::kPlain);
}

ssize_t OutputFd::Write(const iovec* vectors, int count) const {
  switch (way_) {
    case Way::kPlain:
      if (count == 1) return ::write(fd_, vectors[0].iov_base, vectors[0].iov_len);
      return ::writev(fd_, vectors, count);
    case Way::kSocket: {
      msghdr message = {};
      message.msg_iov = const_cast<iovec*>(vectors);
      message.msg_iovlen = static_cast<size_t>(count);
      return ::sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    case Way::kSteps:
      return WriteInSteps(fd_, vectors, count);
  }
  errno = EBADF;
  return -1;
}

void OutputFd::Close() {
  owned_.Reset();
  fd_ = -1;
}

}  // namespace ostiary::sidecar
