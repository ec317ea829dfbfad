// SessionSource: a PDP over gRPC, as a DecisionSource.
//
// Owned by main, used by the event loop's thread. One `Session` stream at a time (session_stream.h)
// on a channel of its own; a thread of this object, the keeper, starts it, watches its deadlines
// and, whenever it ends, starts the next one: nearly at once after one that worked for a while,
// else after a backoff. So the PDP coming back, or another replica behind the address, heals it.
//
// What the sink sees, per session: SourceRevision first, and again for every event of the PDP (a
// heartbeat renews the lease, and where its revision is a new one it counts as a change); a
// SourceAnswer per ask; at last one SourceLost, whose status says why and is never OK. Each
// attempt that comes to nothing posts a SourceLost too.
//
// What becomes of an ask: it is sent in order as soon as a session takes it, and while there is
// none it waits for the next. A SourceLost ends all that were open when it was posted, sent or not:
// they get no answer, and whoever still wants one asks again at the next SourceRevision. Past a
// limit, or where the ask cannot be put on the wire, an error answer is posted during the call.
//
// Nothing is guessed: wire.h says what of the PDP's messages is taken. An odd answer is an error. A
// stream that breaks the protocol (a decision or another event before CURRENT, an event without a
// revision or a lease, an answer to no open ask, a generation that goes back) or that stalls ends,
// and another is made.
#ifndef OSTIARY_SIDECAR_PDP_CLIENT_SESSION_SOURCE_H_
#define OSTIARY_SIDECAR_PDP_CLIENT_SESSION_SOURCE_H_

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/tls/client_options.h"
#include "sidecar/core/decision_source.h"
#include "sidecar/pdp_client/ask_book.h"

namespace ostiary::sidecar {

struct SessionSourceOptions {
  std::string address;  // "host:port" or "unix:PATH"
  ClientTlsOptions tls = {};
  // What `hello` says.
  std::string sidecar_id;
  std::string agent;
  std::string server;
  std::string version;

  // From the start of an attempt to the PDP's first event; past it the attempt has failed.
  MonoDuration connect_timeout = std::chrono::seconds(2);
  // An ask open for longer means that the session is stuck, heartbeats or not: it is ended.
  MonoDuration answer_timeout = std::chrono::seconds(10);
  // A longer lease is cut to this.
  MonoDuration max_lease = std::chrono::minutes(10);
  // Between attempts: up to the first, doubling to the second.
  MonoDuration initial_backoff = std::chrono::milliseconds(50);
  MonoDuration max_backoff = std::chrono::seconds(1);
  AskLimits limits = {};
};

class SessionSource final : public DecisionSource {
 public:
  // Starts connecting and returns at once. INVALID_ARGUMENT where the address or a name cannot be
  // used. `sink`, `clock` and `log` must outlive the source; the clock must run, since threads wait
  // on it.
  static absl::StatusOr<std::unique_ptr<SessionSource>> Create(SessionSourceOptions options,
                                                               SourceSink* sink, const Clock& clock,
                                                               const Log& log);

  // Ends the session without waiting for the PDP. The sink gets nothing any more after it.
  ~SessionSource() override;
  SessionSource(const SessionSource&) = delete;
  SessionSource& operator=(const SessionSource&) = delete;

  void Ask(uint64_t id, const std::vector<Access>& accesses) override;
  void Acknowledge(const Revision& revision) override;
  // Goes to the PDP with the acknowledgement that follows, or with one that says the same again;
  // where a session is lost before that, with the next session's.
  void ReportUsage(const CacheUsage& usage) override;

 private:
  class Rep;
  explicit SessionSource(std::unique_ptr<Rep> rep);
  const std::unique_ptr<Rep> rep_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_PDP_CLIENT_SESSION_SOURCE_H_
