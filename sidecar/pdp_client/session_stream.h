// SessionStream: one Session with the PDP, from its first byte to its end. Used once.
//
// Made and destroyed by SessionSource's keeper, which runs it. Asks come from the event loop's
// thread, from before the stream runs until it has ended; the reactions come from gRPC's threads,
// one at a time. A lock guards what they share; the sink is never called under it.
#ifndef OSTIARY_SIDECAR_PDP_CLIENT_SESSION_STREAM_H_
#define OSTIARY_SIDECAR_PDP_CLIENT_SESSION_STREAM_H_

#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/client_callback.h"
#include "ostiary/v1/decision.grpc.pb.h"
#include "sidecar/core/decision_source.h"
#include "sidecar/pdp_client/ask_book.h"
#include "sidecar/pdp_client/channel.h"
#include "sidecar/pdp_client/session_source.h"
#include "sidecar/pdp_client/wire.h"

namespace ostiary::sidecar {

class SessionStream final
    : private grpc::ClientBidiReactor<v1::SessionRequest, v1::SessionResponse> {
 public:
  // All must outlive the stream. `acknowledged`, if set, is what was acknowledged last on an
  // earlier stream: where the PDP still has that revision, it is told so on this one as well.
  SessionStream(const SessionSourceOptions& options, std::optional<Revision> acknowledged,
                SourceSink* sink, const Clock& clock);
  ~SessionStream() override = default;
  SessionStream(const SessionStream&) = delete;
  SessionStream& operator=(const SessionStream&) = delete;

  // Runs the session on `wire`, blocks until it has ended and returns why: never OK. After it,
  // nothing more comes from this stream.
  absl::Status Run(const SessionWire& wire) ABSL_LOCKS_EXCLUDED(mutex_);

  // Ends the session soon, now or as soon as it runs.
  void Cancel(absl::Status why) ABSL_LOCKS_EXCLUDED(mutex_);

  // See DecisionSource. Ask returns an error where no answer will be posted for it.
  absl::Status Ask(uint64_t id, const std::vector<Access>& accesses) ABSL_LOCKS_EXCLUDED(mutex_);
  void Acknowledge(const Revision& revision) ABSL_LOCKS_EXCLUDED(mutex_);
  void ReportUsage(const CacheUsage& usage) ABSL_LOCKS_EXCLUDED(mutex_);

  // When the PDP's first event came; nothing where none did.
  std::optional<MonoTime> up_since() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether the PDP itself ended the stream with OK, as it does when a session has come of age.
  bool ended_in_order() const ABSL_LOCKS_EXCLUDED(mutex_);
  std::optional<Revision> acknowledged() const ABSL_LOCKS_EXCLUDED(mutex_);
  CacheUsage unsent_usage() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // A message's outcome: what to tell the sink, or why the stream must end.
  using Outcome = absl::StatusOr<SourceEvent>;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  Outcome Take(MonoTime received) ABSL_LOCKS_EXCLUDED(mutex_);
  Outcome TakeEvent(MonoTime received) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Outcome TakeResult() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CancelLocked(absl::Status why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What is overdue at `now`, as a status; OK and `*wake`, when to look again.
  absl::Status Overdue(MonoTime now, MonoTime* wake) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant after construction.
  const SessionSourceOptions& options_;
  SourceSink* const sink_;
  const Clock& clock_;

  // Used by gRPC and the reactions alone.
  grpc::ClientContext context_;
  std::unique_ptr<v1::PolicyDecisionService::Stub> stub_;
  v1::SessionResponse incoming_;

  mutable Mutex mutex_;
  CondVar changed_;  // an event came, or the stream ended
  AskBook book_ ABSL_GUARDED_BY(mutex_);
  std::optional<Revision> unsent_applied_ ABSL_GUARDED_BY(mutex_);
  CacheUsage unsent_usage_ ABSL_GUARDED_BY(mutex_);
  std::optional<Revision> acknowledged_ ABSL_GUARDED_BY(mutex_);  // also of an earlier stream
  std::optional<Revision> present_ ABSL_GUARDED_BY(mutex_);       // as the last event said
  v1::SessionRequest outgoing_ ABSL_GUARDED_BY(mutex_);           // gRPC's while writing_
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool read_ended_ ABSL_GUARDED_BY(mutex_) = false;  // nothing may be written any more
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  MonoTime started_at_ ABSL_GUARDED_BY(mutex_);
  std::optional<MonoTime> up_since_ ABSL_GUARDED_BY(mutex_);
  MonoTime lease_end_ ABSL_GUARDED_BY(mutex_);
  bool ended_in_order_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_ ABSL_GUARDED_BY(mutex_);  // the first reason to end; OK while there is none
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_PDP_CLIENT_SESSION_STREAM_H_
