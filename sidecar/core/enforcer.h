// Enforcer: the policy enforcement point. Lines, verdicts and the time go in; lines come out.
//
// It stands between one MCP client and one MCP server and owns everything that is decided about a
// message: what it is (json_rpc.h), whether it may pass (decision_cache.h, then the
// DecisionSource), what the other side is answered instead (denial.h), and what a list may show
// (list_filter.h).
//
// No file descriptors, threads or clock: the caller (sidecar/stdio/event_loop.h) owns those and
// calls every method from one thread, with the time. Nothing here blocks: a message whose decision
// is being asked for is kept aside, and those behind it go on.
#ifndef OSTIARY_SIDECAR_CORE_ENFORCER_H_
#define OSTIARY_SIDECAR_CORE_ENFORCER_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "common/log.h"
#include "sidecar/core/decision_source.h"

namespace ostiary::sidecar {

// How a denied tools/call is answered.
enum class DenialStyle : uint8_t {
  kResult,  // a result with isError: what a model gets to read
  kError,   // a JSON-RPC error
};

struct EnforcerOptions {
  std::string agent;
  std::string server;
  DenialStyle denial_style = DenialStyle::kResult;
  // How long one message may wait for its decision. Past it, it is denied.
  MonoDuration decision_timeout = std::chrono::seconds(1);
  // Ceilings. Past one, the message is refused with an error.
  size_t max_line_bytes = size_t{16} << 20;  // of one line, either direction
  uint32_t max_json_depth = 128;
  size_t max_open_requests = 10'000;            // sent by the client and not answered yet
  size_t max_waiting_bytes = size_t{64} << 20;  // of messages whose decision is being asked for
  size_t max_cached_decisions = 10'000;
};

// What the enforcer does to the world. Lines come without their newline and are valid only during
// the call; the implementation writes or copies them, in the order of the calls.
class EnforcerOutput {
 public:
  virtual ~EnforcerOutput() = default;
  virtual void ToClient(absl::string_view line) = 0;
  virtual void ToServer(absl::string_view line) = 0;
  // Called once, before the first ToServer: the agent may use the server, so start it.
  virtual void StartServer() = 0;
};

class Enforcer {
 public:
  // `source`, `output` and `log` must outlive the enforcer.
  Enforcer(EnforcerOptions options, DecisionSource* source, EnforcerOutput* output, const Log& log);
  ~Enforcer();
  Enforcer(const Enforcer&) = delete;
  Enforcer& operator=(const Enforcer&) = delete;

  // Asks whether the agent may use the server at all, so that the answer is there, and the server
  // runs, by the time the client's first message wants it.
  void Start(MonoTime now);

  // One line from the client or the server, without its newline. The bytes need not outlive the
  // call.
  void OnClientLine(absl::string_view line, MonoTime now);
  void OnServerLine(absl::string_view line, MonoTime now);
  // A line that passed max_line_bytes, of which the reader kept only the beginning and the end (no
  // `tail` where there was none): enough, mostly, to know whose answer it would have been.
  void OnClientLineTooLong(absl::string_view head, absl::string_view tail, MonoTime now);
  void OnServerLineTooLong(absl::string_view head, absl::string_view tail, MonoTime now);

  // What the decision source posted, in its order, before any line that came later is handled.
  void OnSourceEvent(SourceEvent event, MonoTime now);

  // Denies what has waited too long. Call at NextDeadline() or any time.
  void OnTime(MonoTime now);
  // When OnTime has something to do; nothing where no message waits.
  std::optional<MonoTime> NextDeadline() const;

  // The server's output ended or it could not be started: every open request gets an error that
  // says `why`, and later ones do too. Where the client's input has ended, what the server left
  // open gets none: a client that has closed does not wait, and SDKs fail over what still comes.
  enum class ClientInput : uint8_t { kOpen, kEnded };
  void OnServerGone(absl::string_view why, ClientInput client_input = ClientInput::kOpen);

  // How many messages wait for a decision: at the end of the client's input they are still owed.
  size_t waiting() const;
  // Of these, how many the server said: at the end of its output they are owed to the client.
  size_t waiting_from_server() const;
  // How many requests of the client have no answer yet.
  size_t open_requests() const;

 private:
  class Rep;
  const std::unique_ptr<Rep> rep_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_ENFORCER_H_
