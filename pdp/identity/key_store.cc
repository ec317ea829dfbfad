#include "pdp/identity/key_store.h"

namespace ostiary::pdp {

KeyStore::Keys KeyStore::Current() const {
  const MutexLock lock(&mutex_);
  return keys_;
}

void KeyStore::Publish(std::shared_ptr<const JwkSet> set) {
  const MutexLock lock(&mutex_);
  keys_.set.swap(set);
  ++keys_.version;
}

void KeyStore::ReportUnknownKey() const {
  const MutexLock lock(&mutex_);
  if (listener_) listener_();
}

void KeyStore::OnUnknownKey(std::function<void()> listener) {
  const MutexLock lock(&mutex_);
  listener_ = std::move(listener);
}

std::vector<Issue> KeysFile::Load(const PolicyFile& file, const PolicyLimits& limits, Use use) {
  LoadedJwkSet loaded = LoadJwkSet(file, limits);
  if (loaded.keys != nullptr && use == Use::kApply) store_->Publish(std::move(loaded.keys));
  return std::move(loaded.issues);
}

}  // namespace ostiary::pdp
