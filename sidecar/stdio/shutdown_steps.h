// ShutdownSteps: when to do what, from the first sign of the end until the sidecar leaves.
//
// Pure: the event loop says what it sees and what time it is, takes the step that comes back, and
// asks again until there is none. The times are chosen so that a client that closes our stdin,
// waits 2 s, sends SIGTERM and waits 2 s more (as the SDKs do) never has to kill us:
//
//   the client's input ends    what waits for a decision is decided and written, then the server's
//                              stdin is closed (after 1 s in any case); what it answers is passed
//                              on; 1.5 s later SIGTERM, 1 s after that SIGKILL to its group
//                              while it cannot all be read, since somebody else does not read,
//                              its end counts from when it went on last
//   we are told to end         SIGTERM to the group at once, SIGKILL after 0.8 s
//   the client stops reading   the server's stdin is closed at once, then as above
//   the server ends            its output is read to the end, 0.25 s later what is left of its
//   group
//                              is killed, what it said is decided and written, open requests get
//                              their errors, and the client gets time to read them
//
// One thread.
#ifndef OSTIARY_SIDECAR_STDIO_SHUTDOWN_STEPS_H_
#define OSTIARY_SIDECAR_STDIO_SHUTDOWN_STEPS_H_

#include <chrono>
#include <cstdint>
#include <optional>

#include "common/clock.h"

namespace ostiary::sidecar {

struct ShutdownTimes {
  // From the end of the client's input.
  MonoDuration decide = std::chrono::milliseconds(1000);  // until the server's stdin is closed
  MonoDuration leave = std::chrono::milliseconds(3700);   // until we leave, whatever is left
  // From the closing of the server's stdin, and from SIGTERM to it.
  MonoDuration ask_to_end = std::chrono::milliseconds(1500);
  MonoDuration kill = std::chrono::milliseconds(1000);
  // From a signal to us.
  MonoDuration told_kill = std::chrono::milliseconds(800);
  MonoDuration told_leave = std::chrono::milliseconds(900);
  // From the end of the server's output until it counts as closed by a server that lives on.
  MonoDuration hear_of_end = std::chrono::milliseconds(250);
  // From the server's end: until its group is killed; until its output counts as ended where
  // something outside its group holds it open, silent or writing on, or where what it said still
  // waits for a decision (output_endless). The last two stand still while that output is not read,
  // since the client does not read what it has.
  MonoDuration kill_rest = std::chrono::milliseconds(250);
  MonoDuration output_silent = std::chrono::milliseconds(500);
  MonoDuration output_endless = std::chrono::milliseconds(3000);
  // For how long after that the client's requests on their way are still read and refused.
  MonoDuration last_requests = std::chrono::milliseconds(250);
  // How long a client may read nothing of what it is still owed.
  MonoDuration client_stalled = std::chrono::milliseconds(2000);
};

// What the event loop sees.
struct ShutdownView {
  bool client_input_closed = false;   // the client did, though not all may be read
  bool client_input_ended = false;    // read to its end
  bool client_input_idle = false;     // and if not: there was nothing to read last time
  bool client_output_broken = false;  // the client will never read again
  bool told_to_end = false;           // a signal came
  bool server_started = false;
  bool server_ended = false;          // the process did
  bool server_output_ended = false;   // read to its end
  bool server_output_idle = false;    // and if not: there was nothing to read last time
  bool server_words_wait = false;     // some of what came there waits for its decision
  bool server_output_paused = false;  // not read, since the client does not read what it has
  bool server_input_open = false;
  bool server_input_broken = false;  // the server will never read again
  bool decisions_wait = false;
  bool to_server_pending = false;
  bool to_client_pending = false;
  uint64_t to_client_written = 0;  // bytes so far
  uint64_t to_server_written = 0;
};

enum class ShutdownStep : uint8_t {
  kNone,
  kCloseServerInput,
  kTerminateGroup,      // SIGTERM
  kKillGroup,           // SIGKILL
  kAnnounceServerGone,  // open requests get their errors
  kLeave,
};

class ShutdownSteps {
 public:
  explicit ShutdownSteps(const ShutdownTimes& times = {}) : times_(times) {}

  // The next step, each but kNone and kLeave at most once. Call again after taking it.
  ShutdownStep Next(const ShutdownView& view, MonoTime now);

  // When Next may have a step though nothing else happened.
  std::optional<MonoTime> NextDeadline() const { return deadline_; }

 private:
  using Since = std::optional<MonoTime>;

  void Observe(const ShutdownView& view, MonoTime now);
  bool Past(const Since& since, MonoDuration wait, MonoTime now);
  bool ShouldCloseInput(const ShutdownView& view, MonoTime now);
  bool ShouldTerminate(const ShutdownView& view, MonoTime now);
  bool ShouldKill(const ShutdownView& view, MonoTime now);
  bool ShouldAnnounce(const ShutdownView& view, MonoTime now);
  bool TimeToLeave(MonoTime now);
  bool ShouldLeave(const ShutdownView& view, MonoTime now);

  const ShutdownTimes times_;
  Since client_gone_, told_, server_ended_, output_ended_, asked_, terminated_, killed_;
  Since announced_, stalled_;
  // The server's end, and later by the time in which its output was not read, since the client did
  // not read: that says nothing of what is still to come.
  Since last_words_;
  bool was_paused_ = false;
  MonoTime last_;  // when was_paused_ was seen
  uint64_t to_client_written_ = 0;
  uint64_t to_server_written_ = 0;
  std::optional<MonoTime> deadline_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_SHUTDOWN_STEPS_H_
