// Session: one sidecar's stream, as api.md and proto/ostiary/v1/decision.proto promise it.
//
// Order. Whenever the stream is free to take a message, the session looks at the policy that
// decides *then*. If the sidecar has not been told of that revision, it is told (CURRENT the first
// time, CHANGED later); else comes a due HEARTBEAT; else the answer to the oldest open check,
// decided by that same policy. So every result is of exactly the revision of the last event before
// it on the stream, and no result is ever older than an event that it follows.
//
// Memory. Nothing is decided or built before it can be written, and no policy is held between
// messages: a session that does not read holds one message in gRPC's hands, its open checks, which
// are limited, and the wish to hear the latest revision, which is a number.
//
// While no policy has loaded, a session hears no event, and its checks are answered with
// FAILED_PRECONDITION. The CURRENT comes with the first policy.
//
// End. A protocol error ends the session at once, with INVALID_ARGUMENT. When the sidecar closes
// its side, the PDP drains, or what the caller showed of itself expires (UNAUTHENTICATED), the open
// checks are answered first. When its caller may speak for the agent no more, nothing is decided
// for it any more, and the session ends with PERMISSION_DENIED.
//
// Owned by gRPC until OnDone and, as a shared_ptr, by the SessionRegistry. Thread-safe. Locks: the
// session's may be held while the registry's is taken, never the other way round.
#ifndef OSTIARY_PDP_SERVER_SESSION_H_
#define OSTIARY_PDP_SERVER_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "ostiary/v1/decision.pb.h"
#include "pdp/metrics/counts.h"
#include "pdp/reload/policy_store.h"
#include "pdp/server/access_validation.h"
#include "pdp/server/caller_gate.h"
#include "pdp/server/session_options.h"

namespace ostiary::pdp {

class SessionRegistry;

class Session final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // All must outlive the session. `number` is the registry's name for it.
  Session(uint64_t number, const SessionOptions& options, const RequestLimits& limits,
          const PolicyStore& store, const Clock& clock, Metrics* metrics, SessionRight right,
          SessionRegistry* registry);

  // Begins to read. Once, by the registry.
  void Start();

  // The policy, or what its caller may do, may have changed.
  void Wake();
  // A heartbeat is due.
  void Beat();
  // Reads no more, answers what is open, then ends with `status`.
  void End(const absl::Status& status);

 private:
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // Each handles what was just read; an error ends the session at once.
  absl::Status Handle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status HandleMessage(v1::SessionRequest* message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status HandleHello(const v1::SessionHello& hello) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status HandleCheck(v1::SessionCheck* check) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status HandleApplied(const v1::Revision& applied) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Writes the next message if there is one and the stream is free; ends it when all is said.
  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Puts the next message into outgoing_; false where there is none.
  bool PrepareNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PrepareEvent(v1::EventKind kind, const Revision& revision)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PrepareResult(const PublishedPolicy* policy) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReadMore() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FinishNow(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReleaseOpenChecks() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  struct OpenCheck {
    v1::SessionCheck check;
    size_t bytes;
  };

  const uint64_t number_;
  const SessionOptions& options_;
  const RequestLimits& limits_;
  const PolicyStore& store_;
  const Clock& clock_;
  Metrics* const metrics_;
  SessionRegistry* const registry_;

  Mutex mutex_;
  SessionRight right_ ABSL_GUARDED_BY(mutex_);
  std::optional<std::string> agent_ ABSL_GUARDED_BY(mutex_);  // set by hello
  std::deque<OpenCheck> open_ ABSL_GUARDED_BY(mutex_);
  size_t open_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t announced_generation_ ABSL_GUARDED_BY(mutex_) = 0;
  int beats_ ABSL_GUARDED_BY(mutex_) = 0;
  bool heartbeat_due_ ABSL_GUARDED_BY(mutex_) = false;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> ending_ ABSL_GUARDED_BY(mutex_);
  // gRPC's while reading_ and while writing_. Bytes, as in DecisionService.
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_SESSION_H_
