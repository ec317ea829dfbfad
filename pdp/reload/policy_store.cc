#include "pdp/reload/policy_store.h"

#include <array>
#include <utility>

namespace ostiary::pdp {
namespace {

// What one thread remembers of one store. Ids are never used again, so a store that is gone, or
// another one at its address, is never taken for this one.
struct Remembered {
  uint64_t store_id = 0;
  uint64_t version = 0;
  std::weak_ptr<const PublishedPolicy> policy;
};

// By the store's id. A program has one store, or a few; two that share a place are only slower.
constexpr size_t kRememberedStores = 4;
thread_local std::array<Remembered, kRememberedStores> remembered;

uint64_t NextStoreId() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

}  // namespace

PolicyStore::PolicyStore(std::string epoch)
    : epoch_(std::move(epoch)), id_(NextStoreId()), state_(std::make_shared<const PolicyState>()) {}

std::shared_ptr<const PublishedPolicy> PolicyStore::Current() const {
  const uint64_t version = version_.load(std::memory_order_acquire);
  if (version == 0) return nullptr;
  Remembered& slot = remembered[id_ % kRememberedStores];
  if (slot.store_id == id_ && slot.version == version) {
    // Empty only where the policy was replaced since the load above.
    if (auto policy = slot.policy.lock()) return policy;
  }
  std::shared_ptr<const PublishedPolicy> policy;
  {
    MutexLock lock(&mutex_);
    policy = state_->policy;
    slot.version = version_.load(std::memory_order_relaxed);
  }
  slot.store_id = id_;
  slot.policy = policy;
  return policy;
}

std::shared_ptr<const PolicyState> PolicyStore::Load() const {
  MutexLock lock(&mutex_);
  return state_;
}

PolicyState PolicyStore::State() const { return *Load(); }

ReloadStatus PolicyStore::Status() const { return Load()->status; }

void PolicyStore::Swap(std::shared_ptr<const PolicyState> next) {
  MutexLock lock(&mutex_);
  if (next->policy != state_->policy) version_.fetch_add(1, std::memory_order_release);
  state_.swap(next);
  // `next` is the old state now. It is a parameter, so it goes after the lock, with the old policy.
}

std::shared_ptr<const PublishedPolicy> PolicyStore::Publish(
    std::shared_ptr<const PolicySnapshot> snapshot, ReloadStatus status) {
  MutexLock lock(&publish_mutex_);
  const std::shared_ptr<const PolicyState> before = Load();
  auto next = std::make_shared<PolicyState>();
  next->status = std::move(status);
  next->policy = before->policy;
  if (snapshot != nullptr) {
    auto policy = std::make_shared<PublishedPolicy>();
    policy->revision.epoch = epoch_;
    policy->revision.generation =
        before->policy == nullptr ? 1 : before->policy->revision.generation + 1;
    policy->revision.digest = snapshot->digest();
    policy->snapshot = std::move(snapshot);
    next->policy = std::move(policy);
  }
  next->state = next->policy == nullptr ? ServingState::kEmpty : ServingState::kServing;
  std::shared_ptr<const PublishedPolicy> policy = next->policy;
  Swap(std::move(next));
  if (policy != before->policy) {
    for (const Listener& listener : listeners_) listener(policy);
  }
  return policy;
}

void PolicyStore::PublishFailure(ReloadStatus status) {
  MutexLock lock(&publish_mutex_);
  auto next = std::make_shared<PolicyState>();
  next->status = std::move(status);
  next->policy = Load()->policy;
  next->state = next->policy == nullptr ? ServingState::kEmpty : ServingState::kStale;
  Swap(std::move(next));
}

void PolicyStore::Subscribe(Listener listener) {
  MutexLock lock(&publish_mutex_);
  if (const auto policy = Load()->policy; policy != nullptr) listener(policy);
  listeners_.push_back(std::move(listener));
}

}  // namespace ostiary::pdp
