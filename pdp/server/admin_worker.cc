#include "pdp/server/admin_worker.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace ostiary::pdp {

AdminWorker::AdminWorker(size_t max_queued) : max_queued_(max_queued), thread_([this] { Run(); }) {}

AdminWorker::~AdminWorker() {
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
  }
  work_.NotifyAll();
  thread_.join();
}

absl::Status AdminWorker::Post(std::function<void()> job) {
  {
    const MutexLock lock(&mutex_);
    if (jobs_.size() >= max_queued_) {
      return absl::ResourceExhaustedError(absl::StrCat(
          jobs_.size(), " calls of Reload and Validate wait already: try again later"));
    }
    jobs_.push_back(std::move(job));
  }
  work_.NotifyOne();
  return absl::OkStatus();
}

void AdminWorker::Run() {
  while (const std::function<void()> job = Next()) job();
}

std::function<void()> AdminWorker::Next() {
  const MutexLock lock(&mutex_);
  while (jobs_.empty() && !stopping_) work_.Wait(&mutex_);
  if (jobs_.empty()) return nullptr;
  std::function<void()> job = std::move(jobs_.front());
  jobs_.pop_front();
  return job;
}

}  // namespace ostiary::pdp
