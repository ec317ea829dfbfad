// SessionRegistry: all sessions, what they said of themselves, and the one thread that wakes them.
//
// The thread tells every session of a new revision, and gives every session its heartbeats: the
// sessions are dealt over the slots of a wheel that turns once in a heartbeat interval, so their
// heartbeats are spread evenly over it and never come all at once. It also ends the sessions that
// have come of age (session_ages.h), with OK, once their open checks are answered.
//
// Owned by PdpServer; must outlive the gRPC server that runs its sessions. Thread-safe. Its lock is
// never held while a session's is taken.
#ifndef OSTIARY_PDP_SERVER_SESSION_REGISTRY_H_
#define OSTIARY_PDP_SERVER_SESSION_REGISTRY_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "ostiary/v1/decision.pb.h"
#include "pdp/metrics/counts.h"
#include "pdp/reload/policy_store.h"
#include "pdp/server/session.h"
#include "pdp/server/session_ages.h"

namespace ostiary::pdp {

// A sidecar that said hello.
struct ConnectedSidecar {
  std::string sidecar_id;
  std::string agent;
  std::string server;
  std::string version;
  std::optional<Revision> applied;
  absl::Time connected_since;
};

// The sidecars and the policy, from one moment.
struct SidecarReport {
  PolicyState policy;
  uint64_t connected = 0;
  uint64_t current = 0;  // those that apply the present revision
  std::vector<ConnectedSidecar> longest_connected;
};

class SessionRegistry {
 public:
  // All must outlive the registry.
  SessionRegistry(const SessionOptions& options, const RequestLimits& limits,
                  const PolicyStore& store, const Clock& clock, Metrics* metrics);
  // There must be no session left.
  ~SessionRegistry();

  // A new session's reactor, or RESOURCE_EXHAUSTED past the limit, or UNAVAILABLE after EndAll.
  // `right` is what its caller may do.
  absl::StatusOr<Session*> Open(SessionRight right);

  // The policy, or what callers may do, changed. Returns at once; the sessions hear it from the
  // registry's thread.
  void NotifyChanged();

  // Lets no session in any more, and ends those that there are once their checks are answered.
  void EndAll(const absl::Status& status);

  SidecarReport Report(size_t max_sidecars) const;

  // For sessions.
  void SetHello(uint64_t number, const v1::SessionHello& hello);
  void SetApplied(uint64_t number, Revision applied);
  void Remove(uint64_t number);
  bool ReserveOpenBytes(size_t bytes);
  void ReleaseOpenBytes(size_t bytes);

 private:
  static constexpr size_t kSlots = 64;

  using Sessions = std::vector<std::shared_ptr<Session>>;

  void Run();
  // Waits for a change or for the next slot's time; false when it is time to stop.
  bool WaitForWork(MonoTime next_tick, bool* changed) ABSL_LOCKS_EXCLUDED(mutex_);
  Sessions InSlot(size_t slot) const ABSL_LOCKS_EXCLUDED(mutex_);
  Sessions All() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Those that have come of age.
  Sessions TakeAged(MonoTime now) ABSL_LOCKS_EXCLUDED(mutex_);

  const SessionOptions& options_;
  const RequestLimits& limits_;
  const PolicyStore& store_;
  const Clock& clock_;
  Metrics* const metrics_;
  std::atomic<size_t> total_open_bytes_{0};

  mutable Mutex mutex_;
  CondVar work_;
  bool changed_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> ended_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_number_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t session_count_ ABSL_GUARDED_BY(mutex_) = 0;
  // The wheel: a session is in slot number % kSlots.
  std::array<std::map<uint64_t, std::shared_ptr<Session>>, kSlots> slots_ ABSL_GUARDED_BY(mutex_);
  SessionAges ages_ ABSL_GUARDED_BY(mutex_);
  // By the sessions' numbers, so in the order of their beginning.
  std::map<uint64_t, ConnectedSidecar> sidecars_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;  // last: runs while all the above lives
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_SESSION_REGISTRY_H_
