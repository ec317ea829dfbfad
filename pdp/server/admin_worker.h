// AdminWorker: one thread for what may take long (reading and compiling files), so that it never
// holds up the threads that answer checks.
//
// Owned by PdpServer. Thread-safe. The destructor runs what is queued, then joins.
#ifndef OSTIARY_PDP_SERVER_ADMIN_WORKER_H_
#define OSTIARY_PDP_SERVER_ADMIN_WORKER_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/mutex.h"

namespace ostiary::pdp {

class AdminWorker {
 public:
  explicit AdminWorker(size_t max_queued);
  ~AdminWorker();

  // Runs `job` on the thread, after those before it. RESOURCE_EXHAUSTED where too many wait; the
  // job is then not run.
  absl::Status Post(std::function<void()> job);

 private:
  void Run();
  // The next job; empty where there will be none.
  std::function<void()> Next() ABSL_LOCKS_EXCLUDED(mutex_);

  const size_t max_queued_;

  Mutex mutex_;
  CondVar work_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<std::function<void()>> jobs_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;  // last: runs while all the above lives
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_ADMIN_WORKER_H_
