// OutputFd: a file descriptor that can be written to without ever waiting.
//
// A pipe of our own is simply made non-blocking. The client's end came from another process, and
// O_NONBLOCK belongs to the open file description, which that process and its other children
// share: setting it would make their writes fail. So, for what was inherited:
//   - a socket is written with MSG_DONTWAIT (Node.js gives its children sockets);
//   - a pipe, FIFO or terminal is opened anew through /proc/self/fd, which gives a description of
//     our own; where that is not allowed (another user's pipe, no /proc), it is written in steps of
//     PIPE_BUF bytes, each after poll(2) said that there is room, which is when such a write does
//     not wait;
//   - a regular file never waits in poll's sense, and opening it anew would lose its position.
//
// Movable, not thread-safe.
#ifndef OSTIARY_SIDECAR_STDIO_OUTPUT_FD_H_
#define OSTIARY_SIDECAR_STDIO_OUTPUT_FD_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <cstdint>
#include <utility>

#include "common/unique_fd.h"
#include "sidecar/stdio/pipe_room.h"

namespace ostiary::sidecar {

class OutputFd {
 public:
  // Nothing to write to.
  OutputFd() = default;
  // Owns a descriptor that nobody else shares, made non-blocking.
  static OutputFd Own(UniqueFd fd);
  // Borrows a descriptor that other processes may share.
  static OutputFd Inherited(int fd);
  // The last resort of Inherited.
  static OutputFd InSteps(int fd) { return OutputFd(UniqueFd(), fd, Way::kSteps); }

  // As writev(2) in non-blocking mode: -1 and EAGAIN where nothing can be taken. Needs SIGPIPE
  // ignored.
  ssize_t Write(const iovec* vectors, int count) const;
  // To be called where a write could not take all: whether another one may now take more.
  bool MakeRoom() { return room_.Widen(fd_); }

  // To poll for POLLOUT; -1 after Close().
  int fd() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void Close();

 private:
  enum class Way : uint8_t { kPlain, kSocket, kSteps };
  OutputFd(UniqueFd owned, int fd, Way way) : owned_(std::move(owned)), fd_(fd), way_(way) {}

  UniqueFd owned_;
  int fd_ = -1;
  PipeRoom room_;
  Way way_ = Way::kPlain;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_OUTPUT_FD_H_
