// PolicyStore: the policy that decides now, with its revision and the history of its loads.
//
// Owned by main; written by the Reloader, read by the services. Thread-safe.
#ifndef OSTIARY_PDP_RELOAD_POLICY_STORE_H_
#define OSTIARY_PDP_RELOAD_POLICY_STORE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "common/mutex.h"
#include "pdp/policy/issue.h"
#include "pdp/policy/snapshot.h"

namespace ostiary::pdp {

// Which policy an answer was made under: see Revision in proto/ostiary/v1/decision.proto.
struct Revision {
  std::string epoch;
  uint64_t generation = 0;  // 0: no policy has loaded
  std::string digest;

  bool operator==(const Revision&) const = default;
};

// A snapshot and its revision, which never part. Immutable.
struct PublishedPolicy {
  std::shared_ptr<const PolicySnapshot> snapshot;
  Revision revision;
};

// The history of one file. absl::InfinitePast() stands for "never".
struct FileStatus {
  std::string path;
  absl::Time last_attempt = absl::InfinitePast();
  absl::Time last_success = absl::InfinitePast();
  absl::Time last_change = absl::InfinitePast();
  std::string last_error;
  uint64_t attempt_count = 0;
  uint64_t success_count = 0;
  std::vector<Issue> last_warnings;
};

// How often the two files, which load as one, were tried, by what came of it.
struct ReloadCounts {
  uint64_t changed = 0;    // a new policy decides
  uint64_t unchanged = 0;  // the files are what decides already
  uint64_t failed = 0;     // nothing changed: they do not load
};

struct ReloadStatus {
  FileStatus mcp_config;
  FileStatus gateway_rules;
  ReloadCounts counts;
};

enum class ServingState : uint8_t { kEmpty, kStale, kServing };

// Everything that Status tells of the policy, from one moment.
struct PolicyState {
  ServingState state = ServingState::kEmpty;
  std::shared_ptr<const PublishedPolicy> policy;  // nullptr while kEmpty
  ReloadStatus status;
};

class PolicyStore {
 public:
  using Listener = std::function<void(const std::shared_ptr<const PublishedPolicy>&)>;

  // `epoch` names this process: random, and never used again.
  explicit PolicyStore(std::string epoch);

  PolicyStore(const PolicyStore&) = delete;
  PolicyStore& operator=(const PolicyStore&) = delete;

  // The policy that decides now; nullptr where none has loaded. Readers never wait for a reload:
  // each thread remembers the policy that it read last and compares one atomic counter. What it
  // remembers is a weak pointer, so no idle thread keeps an old policy alive; hold the result for
  // one request, or one batch, and no longer.
  std::shared_ptr<const PublishedPolicy> Current() const;

  // A copy of the whole state.
  PolicyState State() const;

  // Its status alone.
  ReloadStatus Status() const;

  // Records a load that succeeded. With `snapshot` set it becomes the policy that decides, under
  // the next generation, together with `status`, in one step; with nullptr (the files are what they
  // were) only the status changes. Returns the policy that decides now.
  std::shared_ptr<const PublishedPolicy> Publish(std::shared_ptr<const PolicySnapshot> snapshot,
                                                 ReloadStatus status);

  // Records a load that failed: the policy stays, the state becomes kStale (or stays kEmpty).
  void PublishFailure(ReloadStatus status);

  // Calls `listener` after each Publish that changed the policy, on the publishing thread, in the
  // order of generations; at once with the present policy if there is one. Listeners must be quick
  // and must not call back into the store's Subscribe or Publish; Current() and State() they may
  // call, and find that policy or a newer one. There is no way to unsubscribe: what a listener
  // refers to must outlive the store, or whatever publishes into it.
  void Subscribe(Listener listener);

 private:
  // Makes `next` the state.
  void Swap(std::shared_ptr<const PolicyState> next) ABSL_EXCLUSIVE_LOCKS_REQUIRED(publish_mutex_);
  std::shared_ptr<const PolicyState> Load() const;

  const std::string epoch_;
  const uint64_t id_;  // tells stores apart in the readers' thread-local memory

  // Serialises publishing, with its calls to listeners.
  mutable Mutex publish_mutex_;
  std::vector<Listener> listeners_ ABSL_GUARDED_BY(publish_mutex_);

  // Held for the copy or the swap of one pointer, never longer.
  mutable Mutex mutex_;
  std::shared_ptr<const PolicyState> state_ ABSL_GUARDED_BY(mutex_);
  // Moves with each new policy, under mutex_; 0 while there is none.
  std::atomic<uint64_t> version_{0};
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_RELOAD_POLICY_STORE_H_
