// EventLoop: the sidecar at work. One thread reads both sides, lets the enforcer decide, and
// writes.
//
// It owns the enforcer and is its output. What it sees to:
//   - order: what the decision source posted is handled before the next line;
//   - no waiting: a lone message is written as soon as it is decided; under load all lines of one
//     read are written together, from where they were read (write_queue.h);
//   - backpressure: where a side does not read what is owed to it, whoever adds to that is not read
//     either. Each side adds to the other and, by what is answered here, to itself. Nothing waits
//     for anything but the peer that a bare pipe would wait for too, so the sidecar adds no
//     deadlock;
//   - leases: each line is decided by the time, read at each wake-up and again behind so many bytes
//     of lines that handling them takes some ten microseconds;
//   - the end (shutdown_steps.h).
//
// Everything happens on the thread that calls Run, which must be the one that made the loop.
#ifndef OSTIARY_SIDECAR_STDIO_EVENT_LOOP_H_
#define OSTIARY_SIDECAR_STDIO_EVENT_LOOP_H_

#include <poll.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "common/log.h"
#include "sidecar/core/enforcer.h"
#include "sidecar/stdio/inbox.h"
#include "sidecar/stdio/line_input.h"
#include "sidecar/stdio/line_output.h"
#include "sidecar/stdio/line_reader.h"
#include "sidecar/stdio/quiet_fds.h"
#include "sidecar/stdio/server_process.h"
#include "sidecar/stdio/server_run.h"
#include "sidecar/stdio/shutdown_steps.h"
#include "sidecar/stdio/signals.h"

namespace ostiary::sidecar {

struct EventLoopOptions {
  // The client's pipes, as they were inherited: never made non-blocking, see output_fd.h.
  int client_input = 0;
  int client_output = 1;
  // Bytes owed to a side past which whoever adds to them is not read. One line may pass it.
  size_t pause_bytes = size_t{1} << 20;
  ShutdownTimes shutdown;
};

// What the loop works with; all of it must outlive the loop.
struct EventLoopPorts {
  DecisionSource* source = nullptr;
  Inbox* inbox = nullptr;  // where `source` posts
  ServerProcess* server = nullptr;
  Signals* signals = nullptr;  // nullptr: none are read
  const Clock* clock = nullptr;
  const Log* log = nullptr;
};

class EventLoop final : private EnforcerOutput {
 public:
  EventLoop(const EventLoopOptions& options, const EnforcerOptions& enforcer_options,
            const EventLoopPorts& ports);
  ~EventLoop() override;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Works until the session is over. Returns the exit status: the server's; 78 where it could not
  // be started; 128 + N where signal N ended us before it ran; else 0.
  int Run();

 private:
  enum class Side : uint8_t { kClient, kServer };

  // EnforcerOutput.
  void ToClient(absl::string_view line) override;
  void ToServer(absl::string_view line) override;
  void StartServer() override;

  void ReadClock();
  void HandleEvents();
  void HandleLines(Side side);
  void HandleLine(Side side, const LineReader::Line& line);
  void EndInput(Side side);
  bool Paused(Side side) const;
  void Flush();

  // False once the session is over.
  bool TakeShutdownSteps();
  ShutdownView LookAtShutdown() const;
  void TakeStep(ShutdownStep step);
  int ExitStatus() const;

  void Watch();
  void WatchInput(Side side, pollfd* slot) const;
  void Sleep();
  void Poll(const timespec* timeout);
  std::optional<MonoDuration> Timeout() const;
  void HandleReady();
  void HandleInput(Side side, const pollfd& slot);

  const EventLoopOptions options_;
  const EventLoopPorts ports_;
  Enforcer enforcer_;
  ServerRun server_;
  ShutdownSteps shutdown_;

  LineInput from_client_;
  LineInput from_server_;
  UniqueFd server_output_;  // what from_server_ reads
  LineOutput to_client_;
  LineOutput to_server_;
  // Whose line is being handled.
  std::optional<Side> handled_;

  bool server_input_broken_ = false;
  std::optional<int> signal_;
  MonoTime now_;
  size_t bytes_since_now_ = 0;  // of lines handled since now_ was read
  std::vector<pollfd> polled_;
  QuietFds quiet_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_EVENT_LOOP_H_
