// Inbox: what the decision source posted and the event loop has not handled yet.
//
// Post may be called from any thread. Everything else is the event loop's. The loop looks at
// has_events() before each line, one relaxed load where nothing came, so that a new revision is
// applied before the next message is decided; and it wakes by fd() where it sleeps.
#ifndef OSTIARY_SIDECAR_STDIO_INBOX_H_
#define OSTIARY_SIDECAR_STDIO_INBOX_H_

#include <atomic>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "common/mutex.h"
#include "common/unique_fd.h"
#include "sidecar/core/decision_source.h"

namespace ostiary::sidecar {

class Inbox final : public SourceSink {
 public:
  static absl::StatusOr<std::unique_ptr<Inbox>> Create();

  void Post(SourceEvent event) override;

  bool has_events() const { return has_events_.load(std::memory_order_acquire); }
  // All events so far, in the order posted.
  std::vector<SourceEvent> Take();

  // Readable once something is posted after PrepareToSleep.
  int fd() const { return wake_.get(); }
  // Call before poll. False where there are events: do not sleep. Posts wake the loop from here
  // on, and only then, so that an answer given on the loop's own thread costs no system call.
  bool PrepareToSleep();
  // Call after poll, and ClearWake where it says that fd() is readable.
  void Awake() { sleeping_.store(false); }
  void ClearWake();

 private:
  explicit Inbox(UniqueFd wake) : wake_(std::move(wake)) {}

  const UniqueFd wake_;
  std::atomic<bool> has_events_{false};
  std::atomic<bool> sleeping_{false};
  Mutex mutex_;
  std::vector<SourceEvent> events_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_INBOX_H_
