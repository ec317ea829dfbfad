// Dial: how `connect` reaches its `serve`.
//
// A sidecar's container may still be starting when the agent's client starts us, so where nobody
// listens yet, or whoever did is gone before he answered, we try again until the time is over. A
// refusal is final.
#ifndef OSTIARY_SIDECAR_SOCKET_DIAL_H_
#define OSTIARY_SIDECAR_SOCKET_DIAL_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/unique_fd.h"
#include "sidecar/socket/packet_socket.h"
#include "sidecar/stdio/signals.h"

namespace ostiary::sidecar {

// A session of ours on the other side.
struct Attachment {
  PacketSocket control;
  UniqueFd to_server;    // to write to
  UniqueFd from_server;  // to read from
};

class Dialler {
 public:
  // `path` as ParseUnixAddress gives it; `signals` may be nullptr. Both and the clock outlive it.
  Dialler(std::string path, MonoDuration timeout, Signals* signals, const Clock& clock);

  // Waits for the answer. In words for people: UNAVAILABLE where nobody answered in time,
  // PERMISSION_DENIED where we were refused, CANCELLED where a signal came before.
  absl::StatusOr<Attachment> Dial();

  // The signal that came.
  std::optional<int> signal() const { return signal_; }

 private:
  absl::StatusOr<PacketSocket> Connect() const;
  absl::StatusOr<Attachment> Ask(PacketSocket control);
  // Until `fd` is readable (never, for -1), a signal came or `due` is over.
  absl::Status Await(int fd, MonoTime due);
  std::string Named(absl::string_view what) const;

  const std::string path_;
  Signals* const signals_;
  const Clock& clock_;
  const MonoTime due_;
  std::optional<int> signal_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_SOCKET_DIAL_H_
