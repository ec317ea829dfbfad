// BindingsFile: the bindings that decide now, in step with their file. Owned by the serve command;
// thread-safe.
#ifndef OSTIARY_PDP_IDENTITY_BINDINGS_FILE_H_
#define OSTIARY_PDP_IDENTITY_BINDINGS_FILE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pdp/identity/bindings.h"
#include "pdp/identity/file_subject.h"

namespace ostiary::pdp {

class BindingsFile final : public FileSubject {
 public:
  // Reads nothing yet: until the first Refresh nobody is bound to anything.
  BindingsFile(std::string path, const PolicyLimits& limits, const Log& log, LoadCounts* counts);

  std::shared_ptr<const Bindings> Current() const ABSL_LOCKS_EXCLUDED(current_mutex_);
  // Moves with each new content, after Current() gives it.
  uint64_t version() const { return version_.load(std::memory_order_acquire); }

  // `listener` is called after each new content, on the thread that read it; it must be quick.
  void Subscribe(std::function<void()> listener) ABSL_LOCKS_EXCLUDED(current_mutex_);

 private:
  std::vector<Issue> Load(const PolicyFile& file, const PolicyLimits& limits, Use use) override;

  std::atomic<uint64_t> version_{0};
  mutable Mutex current_mutex_;
  std::shared_ptr<const Bindings> current_ ABSL_GUARDED_BY(current_mutex_);
  std::vector<std::function<void()>> listeners_ ABSL_GUARDED_BY(current_mutex_);
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_BINDINGS_FILE_H_
