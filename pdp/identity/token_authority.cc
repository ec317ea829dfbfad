#include "pdp/identity/token_authority.h"

#include <optional>

#include "common/status_macros.h"
#include "pdp/identity/refusal.h"

namespace ostiary::pdp {

absl::StatusOr<VerifiedToken> TokenAuthority::Verify(absl::string_view token) {
  const KeyStore::Keys keys = keys_.Current();
  if (keys.set == nullptr) {
    keys_.ReportUnknownKey();
    return RefusalStatus(Ground::kKeysMissing,
                         "the PDP has no keys yet to verify tokens with: ask again");
  }
  const absl::Time now = clock_.WallNow();
  const Sha256Digest digest = Sha256(token);
  if (std::optional<VerifiedToken> known = Recall(digest, keys.version, now)) return *known;
  absl::StatusOr<VerifiedToken> verified = VerifyToken(token, rules_, *keys.set, now);
  if (verified.ok()) {
    Remember(digest, keys.version, *verified);
  } else if (GroundOf(verified.status()) == Ground::kTokenKey) {
    keys_.ReportUnknownKey();
  }
  return verified;
}

std::optional<VerifiedToken> TokenAuthority::Recall(const Sha256Digest& digest,
                                                    uint64_t keys_version, absl::Time now) {
  const MutexLock lock(&mutex_);
  if (keys_version != keys_version_) return std::nullopt;
  const auto found = by_digest_.find(digest);
  if (found == by_digest_.end()) return std::nullopt;
  if (now >= found->second->token.expires) {
    entries_.erase(found->second);
    by_digest_.erase(found);
    return std::nullopt;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->token;
}

void TokenAuthority::Remember(const Sha256Digest& digest, uint64_t keys_version,
                              const VerifiedToken& token) {
  const MutexLock lock(&mutex_);
  if (keys_version < keys_version_) return;  // verified by keys that are gone
  if (keys_version > keys_version_) {
    by_digest_.clear();
    entries_.clear();
    keys_version_ = keys_version;
  }
  if (by_digest_.contains(digest)) return;
  if (entries_.size() >= kMaxRemembered) {
    by_digest_.erase(entries_.back().digest);
    entries_.pop_back();
  }
  entries_.push_front({digest, token});
  by_digest_.emplace(digest, entries_.begin());
}

}  // namespace ostiary::pdp
