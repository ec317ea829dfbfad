// SessionRunner: what ServeLoop needs of whatever serves one connection; tests put a fake there.
#ifndef OSTIARY_SIDECAR_SOCKET_SESSION_RUNNER_H_
#define OSTIARY_SIDECAR_SOCKET_SESSION_RUNNER_H_

#include <optional>

#include "absl/status/statusor.h"
#include "common/unique_fd.h"

namespace ostiary::sidecar {

class SessionRunner {
 public:
  virtual ~SessionRunner() = default;

  // Starts one with these as its stdin and stdout, and returns the number that it goes by until its
  // end was told.
  virtual absl::StatusOr<int> Start(UniqueFd input, UniqueFd output) = 0;
  virtual void Signal(int id, int signal) = 0;

  struct End {
    int id = 0;
    int status = 0;  // as a shell tells it
  };
  // The next one that ended; nothing where none did.
  virtual std::optional<End> NextEnd() = 0;
  // Readable when NextEnd() may have something: then call it until it has not.
  virtual int fd() const = 0;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_SOCKET_SESSION_RUNNER_H_
