// SessionStream: one Session with the PDP, from its first byte to its end. Used once.
//
// Made and destroyed by SessionSource's keeper, which runs it: the keeper's thread waits for what
// the stream does and reacts to it, so gRPC needs no threads of its own for it. Asks come from the
// event loop's thread, from before the stream runs until it has ended, and are written by it. A
// lock guards what the two share; the sink is never called under it.
#ifndef OSTIARY_SIDECAR_PDP_CLIENT_SESSION_STREAM_H_
#define OSTIARY_SIDECAR_PDP_CLIENT_SESSION_STREAM_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/support/async_stream.h"
#include "ostiary/v1/decision.grpc.pb.h"
#include "sidecar/core/decision_source.h"
#include "sidecar/pdp_client/ask_book.h"
#include "sidecar/pdp_client/channel.h"
#include "sidecar/pdp_client/session_source.h"
#include "sidecar/pdp_client/wire.h"

namespace ostiary::sidecar {

class SessionStream {
 public:
  // All must outlive the stream. `acknowledged`, if set, is what was acknowledged last on an
  // earlier stream: where the PDP still has that revision, it is told so on this one as well.
  SessionStream(const SessionSourceOptions& options, std::optional<Revision> acknowledged,
                SourceSink* sink, const Clock& clock);
  ~SessionStream() = default;
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

  // What the queue tells the end of.
  enum Operation : intptr_t { kRead = 1, kWrite, kFinish };

  // Sends hello and begins to read; false where the stream was cancelled before.
  bool Start(const SessionWire& wire, grpc::CompletionQueue* queue) ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends the stream if something is overdue. When to look again.
  MonoTime Watch() ABSL_LOCKS_EXCLUDED(mutex_);
  void OnRead(bool ok) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnWritten(bool ok) ABSL_LOCKS_EXCLUDED(mutex_);
  void OnFinished() ABSL_LOCKS_EXCLUDED(mutex_);
  // No operation is under way any more.
  bool Over() const ABSL_LOCKS_EXCLUDED(mutex_);

  Outcome Take(MonoTime received) ABSL_LOCKS_EXCLUDED(mutex_);
  Outcome TakeEvent(MonoTime received) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Outcome TakeResult() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CancelLocked(absl::Status why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Write(const v1::SessionRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What is overdue at `now`, as a status; OK and `*wake`, when to look again.
  absl::Status Overdue(MonoTime now, MonoTime* wake) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant after construction.
  const SessionSourceOptions& options_;
  SourceSink* const sink_;
  const Clock& clock_;

  // The keeper's alone, once the stream runs; TryCancel is for any thread.
  grpc::ClientContext context_;
  std::unique_ptr<v1::PolicyDecisionService::Stub> stub_;
  // Writes are started under the lock, by either thread; the rest is the keeper's.
  std::unique_ptr<grpc::ClientAsyncReaderWriter<v1::SessionRequest, v1::SessionResponse>> stream_;
  v1::SessionResponse incoming_;
  grpc::Status final_;

  mutable Mutex mutex_;
  AskBook book_ ABSL_GUARDED_BY(mutex_);
  std::optional<Revision> unsent_applied_ ABSL_GUARDED_BY(mutex_);
  CacheUsage unsent_usage_ ABSL_GUARDED_BY(mutex_);
  std::optional<Revision> acknowledged_ ABSL_GUARDED_BY(mutex_);  // also of an earlier stream
  std::optional<Revision> present_ ABSL_GUARDED_BY(mutex_);       // as the last event said
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool read_ended_ ABSL_GUARDED_BY(mutex_) = false;  // nothing may be written any more
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  MonoTime started_at_ ABSL_GUARDED_BY(mutex_);
  absl::Status refusal_ ABSL_GUARDED_BY(mutex_);  // what it answered last before its first event
  std::optional<MonoTime> up_since_ ABSL_GUARDED_BY(mutex_);
  MonoTime lease_end_ ABSL_GUARDED_BY(mutex_);
  bool ended_in_order_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_ ABSL_GUARDED_BY(mutex_);  // the first reason to end; OK while there is none
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_PDP_CLIENT_SESSION_STREAM_H_
