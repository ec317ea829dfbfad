// TokenAuthority: tells by a token who sent it, and remembers what it found, so that a caller that
// shows its token with every request does not cost a signature's verification each time.
//
// What is remembered is known by the token's SHA-256, counts until the token expires, and only
// under the keys that verified it: new keys forget all. Thread-safe.
#ifndef OSTIARY_PDP_IDENTITY_TOKEN_AUTHORITY_H_
#define OSTIARY_PDP_IDENTITY_TOKEN_AUTHORITY_H_

#include <cstddef>
#include <list>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "common/sha256.h"
#include "pdp/identity/key_store.h"
#include "pdp/identity/token_verifier.h"

namespace ostiary::pdp {

class TokenAuthority {
 public:
  // Tokens that are remembered at once; each takes about 300 bytes.
  static constexpr size_t kMaxRemembered = 10'000;

  // `keys` and `clock` must outlive it.
  TokenAuthority(TokenRules rules, const KeyStore& keys, const Clock& clock)
      : rules_(std::move(rules)), keys_(keys), clock_(clock) {}

  // Refused as VerifyToken does, or as keys_missing while there are no keys.
  absl::StatusOr<VerifiedToken> Verify(absl::string_view token) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Entry {
    Sha256Digest digest;
    VerifiedToken token;
  };
  using Entries = std::list<Entry>;

  std::optional<VerifiedToken> Recall(const Sha256Digest& digest, uint64_t keys_version,
                                      absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_);
  void Remember(const Sha256Digest& digest, uint64_t keys_version, const VerifiedToken& token)
      ABSL_LOCKS_EXCLUDED(mutex_);

  const TokenRules rules_;
  const KeyStore& keys_;
  const Clock& clock_;

  Mutex mutex_;
  uint64_t keys_version_ ABSL_GUARDED_BY(mutex_) = 0;
  Entries entries_ ABSL_GUARDED_BY(mutex_);  // those used last come first
  absl::flat_hash_map<Sha256Digest, Entries::iterator> by_digest_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_TOKEN_AUTHORITY_H_
