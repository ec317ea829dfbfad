// Signals: the requests to end that a process gets, as a file descriptor.
//
// Made first thing in main, since threads inherit the mask: SIGTERM, SIGINT and SIGHUP are blocked
// in all of them and read here. SIGPIPE and SIGXFSZ (a log that may not grow) are ignored and
// SIGCHLD is at its default, whatever was inherited. A parent that dies asks to end too, even if
// others keep the client's pipes open, unless one is a service that outlives whoever started it.
#ifndef OSTIARY_SIDECAR_STDIO_SIGNALS_H_
#define OSTIARY_SIDECAR_STDIO_SIGNALS_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "common/unique_fd.h"

namespace ostiary::sidecar {

enum class OnParentDeath : uint8_t { kEnd, kGoOn };

class Signals {
 public:
  static absl::StatusOr<std::unique_ptr<Signals>> Take(
      OnParentDeath on_parent_death = OnParentDeath::kEnd);

  // Readable when there may be something to read.
  int fd() const { return fd_.get(); }
  // The next request to end, as a signal's number (SIGHUP for a parent that died).
  std::optional<int> Next();

 private:
  Signals(UniqueFd fd, pid_t parent) : fd_(std::move(fd)), parent_(parent) {}

  const UniqueFd fd_;
  const pid_t parent_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_SIGNALS_H_
