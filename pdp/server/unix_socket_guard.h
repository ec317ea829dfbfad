// UnixSocketGuard: this process's right to listen at one path, held while it lives.
//
// Without it, gRPC replaces the socket of a server that lives, and removes the path at its end,
// whoever listens there by then. The right is a lock on the file PATH.lock, which stays when the
// guard goes: removing it would let two processes hold locks on two files of that name.
//
// Owned by PdpServer, which drops it after gRPC let go of the path. Not thread-safe.
#ifndef OSTIARY_PDP_SERVER_UNIX_SOCKET_GUARD_H_
#define OSTIARY_PDP_SERVER_UNIX_SOCKET_GUARD_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/unique_fd.h"

namespace ostiary::pdp {

class UnixSocketGuard {
 public:
  // Takes the right to `path`, and removes a socket that a dead server left there. ALREADY_EXISTS
  // where a server lives there, or where the path is something other than a socket, which is never
  // removed.
  static absl::StatusOr<UnixSocketGuard> Acquire(const std::string& path);

 private:
  explicit UnixSocketGuard(UniqueFd lock) : lock_(std::move(lock)) {}

  UniqueFd lock_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_UNIX_SOCKET_GUARD_H_
