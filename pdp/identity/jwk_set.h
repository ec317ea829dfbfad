// JwkSet: the public keys of a token issuer (RFC 7517), ready to verify with.
//
// Made once by LoadJwkSet, never changed; any thread may verify. Taken are RSA keys of 2048 to 8192
// bits for RS256 and P-256 keys for ES256 (RFC 7518). A key of another kind or for another use is
// left out with a warning, and so never verifies anything.
#ifndef OSTIARY_PDP_IDENTITY_JWK_SET_H_
#define OSTIARY_PDP_IDENTITY_JWK_SET_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "openssl/types.h"
#include "pdp/policy/issue.h"
#include "pdp/policy/load.h"

namespace ostiary::pdp {

enum class JwsAlgorithm : uint8_t { kRs256, kEs256 };

// "RS256", "ES256"; nullopt for everything else, "none" and other spellings included.
std::optional<JwsAlgorithm> JwsAlgorithmFromName(absl::string_view name);
absl::string_view JwsAlgorithmName(JwsAlgorithm algorithm);

class Jwk {
 public:
  using KeyPtr = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
  Jwk(std::string kid, JwsAlgorithm algorithm, KeyPtr key, size_t signature_bytes)
      : kid_(std::move(kid)),
        algorithm_(algorithm),
        signature_bytes_(signature_bytes),
        key_(std::move(key)) {}

  // Empty where it has none.
  const std::string& kid() const { return kid_; }
  // The one algorithm that it verifies.
  JwsAlgorithm algorithm() const { return algorithm_; }

  // Whether `signature`, as a JWS has it (for ES256 both numbers, 32 bytes each), is this key's
  // over `signed_text`.
  bool Verify(absl::string_view signed_text, absl::string_view signature) const;

 private:
  std::string kid_;
  JwsAlgorithm algorithm_;
  size_t signature_bytes_;
  KeyPtr key_;
};

class JwkSet {
 public:
  explicit JwkSet(std::vector<Jwk> keys) : keys_(std::move(keys)) {}

  // Keys for a token: those of that `kid`, or all if it names none.
  std::vector<const Jwk*> Find(const std::optional<std::string>& kid) const;
  size_t size() const { return keys_.size(); }

 private:
  std::vector<Jwk> keys_;
};

struct LoadedJwkSet {
  std::shared_ptr<const JwkSet> keys;  // nullptr where the issues have an error
  std::vector<Issue> issues;
};

// Errors besides JSON's own: no usable key, more than kMaxJwks keys, and a private key, which has
// no business here.
inline constexpr size_t kMaxJwks = 64;
LoadedJwkSet LoadJwkSet(const PolicyFile& file, const PolicyLimits& limits = {});

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_JWK_SET_H_
