// UnixSocketGuard: this process's right to listen at one path, held while it lives.
//
// Without it, gRPC replaces the socket of a server that lives, and removes the path at its end,
// whoever listens there by then; whoever removes a dead socket by himself may remove one that has
// just come to life. The right is a lock on the file PATH.lock, which stays when the
// guard goes: removing it would let two processes hold locks on two files of that name.
//
// Owned by whoever listens (PdpServer, SocketListener), and dropped after the path is let go of.
// Not thread-safe.
#ifndef OSTIARY_COMMON_UNIX_SOCKET_GUARD_H_
#define OSTIARY_COMMON_UNIX_SOCKET_GUARD_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/unique_fd.h"

namespace ostiary {

class UnixSocketGuard {
 public:
  // Takes the right to `path`, and removes a socket that a dead server left there. ALREADY_EXISTS
  // where a server lives there, or where the path is something other than a socket, which is never
  // removed; NOT_FOUND where its folder is missing.
  static absl::StatusOr<UnixSocketGuard> Acquire(const std::string& path);

 private:
  explicit UnixSocketGuard(UniqueFd lock) : lock_(std::move(lock)) {}

  UniqueFd lock_;
};

}  // namespace ostiary

#endif  // OSTIARY_COMMON_UNIX_SOCKET_GUARD_H_
