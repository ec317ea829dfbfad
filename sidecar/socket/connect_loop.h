// ConnectLoop: `connect` at work: the client's stdin and stdout on one side, a session's pipes on
// the other, and its `serve` beside them.
//
// It copies bytes, and passes on how things end, so that a client cannot tell it from `run`:
//   - the client's end of input, and a client that reads no more, reach the session as such;
//   - SIGTERM, SIGINT, SIGHUP and the parent's death reach the session; nothing more is read from
//     the client then, what the session still says is written;
//   - when the session has ended, the rest of its output is written, and its status is ours.
// It waits for nobody for ever: not for a client that reads nothing of the rest (2 s), nor for a
// session that does not end though it was told to (0.95 s, inside the second that clients give), or
// that reads nothing of what a client left that is gone (2.5 s, then it is told to end).
//
// One thread.
#ifndef OSTIARY_SIDECAR_SOCKET_CONNECT_LOOP_H_
#define OSTIARY_SIDECAR_SOCKET_CONNECT_LOOP_H_

#include <chrono>
#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "sidecar/socket/byte_pump.h"
#include "sidecar/socket/dial.h"
#include "sidecar/stdio/signals.h"

namespace ostiary::sidecar {

struct ConnectLoopOptions {
  // The client's pipes, as they were inherited.
  int client_input = 0;
  int client_output = 1;
  MonoDuration told_leave = std::chrono::milliseconds(950);
  MonoDuration client_stalled = std::chrono::milliseconds(2000);
  MonoDuration session_stalled = std::chrono::milliseconds(2500);
};

class ConnectLoop {
 public:
  // `signals` may be nullptr; it and the clock outlive the loop.
  ConnectLoop(const ConnectLoopOptions& options, Attachment attachment, Signals* signals,
              const Clock& clock);

  // Works until the session is over. Returns its exit status; 128 + N where signal N ended us and
  // the session did not end in time; UNAVAILABLE where the session went away without one.
  absl::StatusOr<int> Run();

 private:
  void Sleep();
  std::optional<MonoTime> NextDeadline() const;
  void HearOfSession();
  void TellToEnd(int signal);
  // Notes when bytes moved last, and tells a session to end that a client left behind.
  void LookForStalls();
  bool Over() const;

  const ConnectLoopOptions options_;
  Signals* const signals_;
  const Clock& clock_;

  PacketSocket control_;
  UniqueFd from_server_;
  BytePump up_;
  BytePump down_;

  MonoTime now_;
  std::optional<int> status_;
  bool lost_ = false;  // it went away without a status
  std::optional<int> signal_;
  std::optional<MonoTime> told_;
  uint64_t up_bytes_ = 0;
  uint64_t down_bytes_ = 0;
  MonoTime up_moved_;
  MonoTime down_moved_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_SOCKET_CONNECT_LOOP_H_
