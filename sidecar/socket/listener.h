// SocketListener: a Unix socket of our own at a path, for connections of packets.
//
// The socket has its mode from its first moment, and nobody can connect before that. A dead socket
// at the path is replaced, a living one never; at the end the path is removed if it is still ours.
// The same right to a path as the PDP's sockets have: common/unix_socket_guard.h.
//
// Owned by the program; not thread-safe. Listen() changes the process's umask for a moment, so call
// it before there are threads.
#ifndef OSTIARY_SIDECAR_SOCKET_LISTENER_H_
#define OSTIARY_SIDECAR_SOCKET_LISTENER_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/unique_fd.h"
#include "common/unix_socket_guard.h"
#include "sidecar/socket/packet_socket.h"

namespace ostiary::sidecar {

// The process that connected, as the kernel saw it when it did. 65534 stands for a user of another
// user namespace that has no number in ours.
struct Peer {
  pid_t pid = 0;
  uid_t uid = 0;
};

class SocketListener {
 public:
  // `mode` as of a file: 0660 lets its owner and its group connect.
  static absl::StatusOr<std::unique_ptr<SocketListener>> Listen(const std::string& path,
                                                                mode_t mode);
  ~SocketListener();
  SocketListener(const SocketListener&) = delete;
  SocketListener& operator=(const SocketListener&) = delete;

  struct Accepted {
    PacketSocket socket;
    Peer peer;
  };
  // The next connection. NOT_FOUND where none waits; RESOURCE_EXHAUSTED where there are no more
  // descriptors for one.
  absl::StatusOr<Accepted> Accept() const;

  // Readable when a connection may wait.
  int fd() const { return fd_.get(); }

 private:
  SocketListener(std::string path, UnixSocketGuard guard, UniqueFd fd, dev_t device, ino_t inode)
      : path_(std::move(path)),
        guard_(std::move(guard)),
        fd_(std::move(fd)),
        device_(device),
        inode_(inode) {}

  const std::string path_;
  const UnixSocketGuard guard_;
  UniqueFd fd_;
  // Of the path, when we made it.
  const dev_t device_;
  const ino_t inode_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_SOCKET_LISTENER_H_
