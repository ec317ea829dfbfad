// Tokens for tests: keys that live in memory, and whatever they are asked to sign, the wrong
// included. OpenSSL does the work. What cannot be made ends the program.
#ifndef OSTIARY_TESTS_PDP_IDENTITY_TEST_TOKENS_H_
#define OSTIARY_TESTS_PDP_IDENTITY_TEST_TOKENS_H_

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace ostiary {

std::string EncodeBase64Url(absl::string_view bytes);

enum class SigningKeyKind { kRsa2048, kRsa1024, kP256, kP384 };

class SigningKey {
 public:
  SigningKey(std::string kid, SigningKeyKind kind);

  const std::string& kid() const { return kid_; }
  // As it stands in a key set.
  nlohmann::json Jwk() const;
  // Its PEM, as an attacker finds it.
  std::string PublicPem() const;
  // RS256 or ES256, as the key is: the bytes that a JWS has.
  std::string Sign(absl::string_view text) const;
  // header and claims, as they come, with this key's signature.
  std::string Token(const std::string& header, const std::string& claims) const;
  // With the header that an issuer writes.
  std::string Token(const nlohmann::json& claims) const;
  nlohmann::json Header() const;

 private:
  std::string kid_;
  SigningKeyKind kind_;
  std::shared_ptr<EVP_PKEY> key_;
};

// {"keys": [...]}
std::string KeySet(const std::vector<const SigningKey*>& keys);

// What kubelet asks for, for agents/researcher and its pod, at second `now`, for ten minutes.
nlohmann::json PodClaims(int64_t now, absl::string_view account_namespace = "agents",
                         absl::string_view name = "researcher");

}  // namespace ostiary

#endif  // OSTIARY_TESTS_PDP_IDENTITY_TEST_TOKENS_H_
