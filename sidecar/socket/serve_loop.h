// ServeLoop: `serve` at work: lets peers in, starts a session for each, and tells each of its end.
//
// A session's bytes do not pass through here. The loop makes two pipes, gives the session one end
// of each and the peer the other ends, and keeps the connection: on it the peer may ask for the
// session's end, and hears of its status. Nothing is taken from a peer but packets (packet.h), and
// what is no such packet ends its connection.
//
//   a user that is not allowed     is refused, and hears why; root as any other
//   no hello in time               refused; of those who say nothing, the eldest go first when they
//                                  become many, and none of them counts as a session
//   too many sessions              refused
//   the peer's connection ends     its session gets SIGHUP, as if its parent had died
//   we are told to end             nobody else is let in, all sessions get SIGTERM, and SIGKILL
//   where
//                                  they have not ended 3 s later
//
// Everything happens on the thread that calls Run, in a process without other threads.
#ifndef OSTIARY_SIDECAR_SOCKET_SERVE_LOOP_H_
#define OSTIARY_SIDECAR_SOCKET_SERVE_LOOP_H_

#include <poll.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "common/log.h"
#include "sidecar/socket/listener.h"
#include "sidecar/socket/packet_socket.h"
#include "sidecar/socket/session_runner.h"
#include "sidecar/stdio/signals.h"

namespace ostiary::sidecar {

struct ServeLoopOptions {
  std::vector<uid_t> allowed_uids;
  // Sessions at a time.
  size_t max_sessions = 16;
  // Connections that have not said hello, besides.
  size_t max_silent = 64;
  MonoDuration hello = std::chrono::seconds(5);
  // From SIGTERM to our sessions until SIGKILL. One that ends in good order needs 1 s.
  MonoDuration kill = std::chrono::seconds(3);
  // Where there are no more descriptors, nobody is let in for so long.
  MonoDuration pause = std::chrono::milliseconds(100);
};

// What the loop works with; all of it must outlive the loop.
struct ServeLoopPorts {
  SessionRunner* runner = nullptr;
  Signals* signals = nullptr;  // nullptr: none are read
  const Clock* clock = nullptr;
  const Log* log = nullptr;
};

class ServeLoop {
 public:
  ServeLoop(ServeLoopOptions options, std::unique_ptr<SocketListener> listener,
            const ServeLoopPorts& ports);
  ~ServeLoop();
  ServeLoop(const ServeLoop&) = delete;
  ServeLoop& operator=(const ServeLoop&) = delete;

  // Works until it was told to end and every session has ended.
  void Run();
  // Takes what is there, waiting for it if `wait` is not over before. False once all is over.
  bool Step(std::optional<MonoDuration> wait);
  // What a signal makes it do: lets nobody in any more, and tells every session to end.
  void EndAll();

 private:
  struct Connection {
    PacketSocket socket;  // closed once the peer is gone
    Peer peer;
    MonoTime hello_due;
    std::optional<int> session;
    bool told_to_end = false;
  };
  using Connections = std::list<Connection>;

  void Accept();
  void Greet(Connections::iterator connection);
  absl::Status StartSession(Connection* connection);
  void Refuse(const Connection& connection, absl::string_view why);
  void Hear(Connections::iterator connection);
  void HearOfSession(Connection* connection);
  void TellEnds();
  void HandleDeadlines();

  size_t Sessions() const;
  std::optional<MonoTime> NextDeadline() const;
  void Watch();
  void Sleep(std::optional<MonoDuration> wait);
  void HandleReady();

  const ServeLoopOptions options_;
  const ServeLoopPorts ports_;

  std::unique_ptr<SocketListener> listener_;  // nullptr once we are told to end
  Connections connections_;
  std::optional<MonoTime> accept_again_;
  std::optional<MonoTime> kill_due_;
  MonoTime now_;
  std::vector<pollfd> polled_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_SOCKET_SERVE_LOOP_H_
