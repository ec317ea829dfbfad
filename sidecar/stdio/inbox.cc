#include "sidecar/stdio/inbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"

namespace ostiary::sidecar {

absl::StatusOr<std::unique_ptr<Inbox>> Inbox::Create() {
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return absl::ErrnoToStatus(errno, "cannot create an eventfd");
  return std::unique_ptr<Inbox>(new Inbox(std::move(wake)));
}

void Inbox::Post(SourceEvent event) {
  {
    MutexLock lock(&mutex_);
    events_.push_back(std::move(event));
    has_events_.store(true);
  }
  // has_events_ was set before sleeping_ is read here, and PrepareToSleep sets sleeping_ before it
  // reads has_events_ (both sequentially consistent): at least one of the two sees the other.
  if (sleeping_.exchange(false)) {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof(one));
  }
}

std::vector<SourceEvent> Inbox::Take() {
  std::vector<SourceEvent> events;
  MutexLock lock(&mutex_);
  events.swap(events_);
  has_events_.store(false);
  return events;
}

bool Inbox::PrepareToSleep() {
  sleeping_.store(true);
  if (!has_events_.load()) return true;
  sleeping_.store(false);
  return false;
}

void Inbox::ClearWake() {
  uint64_t count;
  [[maybe_unused]] const ssize_t size = ::read(wake_.get(), &count, sizeof(count));
}

}  // namespace ostiary::sidecar
