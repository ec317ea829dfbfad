// RecordingSink: a SourceSink that keeps what was posted until a test takes it. Thread-safe.
#ifndef OSTIARY_TESTS_SUPPORT_RECORDING_SINK_H_
#define OSTIARY_TESTS_SUPPORT_RECORDING_SINK_H_

#include <chrono>
#include <deque>
#include <optional>
#include <utility>
#include <variant>

#include "common/clock.h"
#include "common/mutex.h"
#include "sidecar/core/decision_source.h"

namespace ostiary::sidecar {

class RecordingSink final : public SourceSink {
 public:
  void Post(SourceEvent event) override {
    MutexLock lock(&mutex_);
    events_.push_back(std::move(event));
    posted_.NotifyAll();
  }

  // The next event, waited for; nothing where none came in `within`.
  std::optional<SourceEvent> Next(MonoDuration within = std::chrono::seconds(20)) {
    MutexLock lock(&mutex_);
    const MonoTime deadline = Clock::System().Now() + within;
    while (events_.empty()) {
      if (!posted_.WaitUntil(&mutex_, deadline) && events_.empty()) return std::nullopt;
    }
    SourceEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

  // The next event of the kind Event, passing over others; nothing where none came in time.
  template <typename Event>
  std::optional<Event> Await() {
    while (std::optional<SourceEvent> event = Next()) {
      if (Event* wanted = std::get_if<Event>(&*event)) return std::move(*wanted);
    }
    return std::nullopt;
  }

  bool empty() {
    MutexLock lock(&mutex_);
    return events_.empty();
  }

 private:
  Mutex mutex_;
  CondVar posted_;
  std::deque<SourceEvent> events_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_TESTS_SUPPORT_RECORDING_SINK_H_
