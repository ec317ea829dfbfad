#include "pdp/server/session_registry.h"

#include <random>
#include <utility>

#include "absl/strings/str_cat.h"

namespace ostiary::pdp {

SessionRegistry::SessionRegistry(const SessionOptions& options, const RequestLimits& limits,
                                 const PolicyStore& store, const Clock& clock, Metrics* metrics)
    : options_(options),
      limits_(limits),
      store_(store),
      clock_(clock),
      metrics_(metrics),
      ages_(options.max_connection_age, std::random_device{}()),
      thread_([this] { Run(); }) {}

SessionRegistry::~SessionRegistry() {
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
  }
  work_.NotifyAll();
  thread_.join();
}

absl::StatusOr<Session*> SessionRegistry::Open(SessionRight right) {
  std::shared_ptr<Session> session;
  {
    const MutexLock lock(&mutex_);
    if (ended_.has_value()) return *ended_;
    if (session_count_ >= options_.max_sessions) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "this PDP has ", session_count_, " sessions, the most that it takes: try another"));
    }
    const uint64_t number = next_number_++;
    session = std::make_shared<Session>(number, options_, limits_, store_, clock_, metrics_,
                                        std::move(right), this);
    slots_[number % kSlots].emplace(number, session);
    ages_.Add(number, clock_.Now());
    ++session_count_;
    // The first session wakes a thread that slept without a deadline.
    if (session_count_ == 1) work_.NotifyAll();
  }
  session->Start();
  return session.get();
}

void SessionRegistry::NotifyChanged() {
  {
    const MutexLock lock(&mutex_);
    changed_ = true;
  }
  work_.NotifyAll();
}

void SessionRegistry::EndAll(const absl::Status& status) {
  {
    const MutexLock lock(&mutex_);
    if (!ended_.has_value()) ended_ = status;
  }
  for (const std::shared_ptr<Session>& session : All()) session->End(status);
}

SidecarReport SessionRegistry::Report(size_t max_sidecars) const {
  SidecarReport report;
  // With the sidecars held still, the store's own moment is the moment of both.
  const MutexLock lock(&mutex_);
  report.policy = store_.State();
  report.connected = sidecars_.size();
  for (const auto& [number, sidecar] : sidecars_) {
    if (report.policy.policy != nullptr && sidecar.applied == report.policy.policy->revision) {
      ++report.current;
    }
    if (report.longest_connected.size() < max_sidecars) {
      report.longest_connected.push_back(sidecar);
    }
  }
  return report;
}

void SessionRegistry::SetHello(uint64_t number, const v1::SessionHello& hello) {
  ConnectedSidecar sidecar{hello.sidecar_id(), hello.agent(), hello.server(),
                           hello.version(),    std::nullopt,  clock_.WallNow()};
  const MutexLock lock(&mutex_);
  sidecars_.insert_or_assign(number, std::move(sidecar));
}

void SessionRegistry::SetApplied(uint64_t number, Revision applied) {
  const MutexLock lock(&mutex_);
  const auto found = sidecars_.find(number);
  if (found != sidecars_.end()) found->second.applied = std::move(applied);
}

void SessionRegistry::Remove(uint64_t number) {
  std::shared_ptr<Session> removed;  // dies after the lock is free
  const MutexLock lock(&mutex_);
  sidecars_.erase(number);
  ages_.Remove(number);
  auto& slot = slots_[number % kSlots];
  const auto found = slot.find(number);
  if (found == slot.end()) return;
  removed = std::move(found->second);
  slot.erase(found);
  --session_count_;
}

bool SessionRegistry::ReserveOpenBytes(size_t bytes) {
  const size_t before = total_open_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  if (before + bytes <= options_.max_total_open_bytes) return true;
  ReleaseOpenBytes(bytes);
  return false;
}

void SessionRegistry::ReleaseOpenBytes(size_t bytes) {
  total_open_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

void SessionRegistry::Run() {
  const MonoDuration turn = absl::ToChronoNanoseconds(options_.heartbeat_interval);
  const MonoDuration tick = turn / kSlots;
  MonoTime next_tick = clock_.Now() + tick;
  size_t slot = 0;
  bool changed = false;
  while (WaitForWork(next_tick, &changed)) {
    if (changed) {
      for (const std::shared_ptr<Session>& session : All()) session->Wake();
    }
    const MonoTime now = clock_.Now();
    if (now < next_tick) continue;
    for (const std::shared_ptr<Session>& session : InSlot(slot)) session->Beat();
    for (const std::shared_ptr<Session>& session : TakeAged(now)) session->End(absl::OkStatus());
    slot = (slot + 1) % kSlots;
    next_tick += tick;
    // After a long sleep, the slots that were missed are not made up for.
    if (next_tick + turn < now) next_tick = now + tick;
  }
}

bool SessionRegistry::WaitForWork(MonoTime next_tick, bool* changed) {
  const MutexLock lock(&mutex_);
  while (!stopping_ && !changed_) {
    if (session_count_ == 0) {
      work_.Wait(&mutex_);
    } else if (clock_.Now() >= next_tick || !work_.WaitUntil(&mutex_, next_tick)) {
      break;
    }
  }
  *changed = std::exchange(changed_, false);
  return !stopping_;
}

SessionRegistry::Sessions SessionRegistry::InSlot(size_t slot) const {
  Sessions sessions;
  const MutexLock lock(&mutex_);
  sessions.reserve(slots_[slot].size());
  for (const auto& [number, session] : slots_[slot]) sessions.push_back(session);
  return sessions;
}

SessionRegistry::Sessions SessionRegistry::TakeAged(MonoTime now) {
  Sessions sessions;
  const MutexLock lock(&mutex_);
  for (const uint64_t number : ages_.TakeDue(now)) {
    const auto& slot = slots_[number % kSlots];
    if (const auto found = slot.find(number); found != slot.end()) {
      sessions.push_back(found->second);
    }
  }
  return sessions;
}

SessionRegistry::Sessions SessionRegistry::All() const {
  Sessions sessions;
  const MutexLock lock(&mutex_);
  sessions.reserve(session_count_);
  for (const auto& slot : slots_) {
    for (const auto& [number, session] : slot) sessions.push_back(session);
  }
  return sessions;
}

}  // namespace ostiary::pdp
