// KeyStore: the issuer's keys that count now, wherever they come from: a file (KeysFile) or the
// issuer's endpoint (KeyFetcher). Thread-safe.
#ifndef OSTIARY_PDP_IDENTITY_KEY_STORE_H_
#define OSTIARY_PDP_IDENTITY_KEY_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/mutex.h"
#include "pdp/identity/file_subject.h"
#include "pdp/identity/jwk_set.h"

namespace ostiary::pdp {

class KeyStore {
 public:
  struct Keys {
    std::shared_ptr<const JwkSet> set;  // nullptr: there are none yet
    uint64_t version = 0;               // moves with each Publish
  };

  Keys Current() const ABSL_LOCKS_EXCLUDED(mutex_);
  void Publish(std::shared_ptr<const JwkSet> set) ABSL_LOCKS_EXCLUDED(mutex_);

  // A token came whose key is not known. Returns at once; whoever can get newer keys is told.
  void ReportUnknownKey() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Before any token comes, or nullptr when what it calls goes away. Quick, and never calls back.
  void OnUnknownKey(std::function<void()> listener) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable Mutex mutex_;
  Keys keys_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> listener_ ABSL_GUARDED_BY(mutex_);
};

// Keys from a file (--token-jwks).
class KeysFile final : public FileSubject {
 public:
  // `store` must outlive it.
  KeysFile(std::string path, const PolicyLimits& limits, const Log& log, KeyStore* store)
      : FileSubject("token_keys", std::move(path), limits, log, nullptr), store_(store) {}

 private:
  std::vector<Issue> Load(const PolicyFile& file, const PolicyLimits& limits, Use use) override;

  KeyStore* const store_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_KEY_STORE_H_
