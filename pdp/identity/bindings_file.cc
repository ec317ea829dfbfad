#include "pdp/identity/bindings_file.h"

#include <utility>

#include "pdp/identity/load_bindings.h"

namespace ostiary::pdp {

BindingsFile::BindingsFile(std::string path, const PolicyLimits& limits, const Log& log,
                           LoadCounts* counts)
    : FileSubject("bindings", std::move(path), limits, log, counts),
      current_(std::make_shared<const Bindings>(std::vector<Binding>())) {}

std::shared_ptr<const Bindings> BindingsFile::Current() const {
  const MutexLock lock(&current_mutex_);
  return current_;
}

void BindingsFile::Subscribe(std::function<void()> listener) {
  const MutexLock lock(&current_mutex_);
  listeners_.push_back(std::move(listener));
}

std::vector<Issue> BindingsFile::Load(const PolicyFile& file, const PolicyLimits& limits, Use use) {
  LoadedBindings loaded = LoadBindings(file, limits);
  if (loaded.bindings == nullptr || use == Use::kCheckOnly) return std::move(loaded.issues);
  std::vector<std::function<void()>> listeners;
  {
    const MutexLock lock(&current_mutex_);
    current_.swap(loaded.bindings);
    listeners = listeners_;
  }
  version_.fetch_add(1, std::memory_order_release);
  for (const auto& listener : listeners) listener();
  return std::move(loaded.issues);
}

}  // namespace ostiary::pdp
