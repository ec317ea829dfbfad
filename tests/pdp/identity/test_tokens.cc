#include "tests/pdp/identity/test_tokens.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace ostiary {
namespace {

void Must(bool good) {
  if (!good) std::abort();
}

std::string NumberOf(EVP_PKEY* key, const char* name, size_t bytes) {
  BIGNUM* number = nullptr;
  Must(EVP_PKEY_get_bn_param(key, name, &number) == 1);
  std::string text(bytes == 0 ? static_cast<size_t>(BN_num_bytes(number)) : bytes, '\0');
  Must(BN_bn2binpad(number, reinterpret_cast<unsigned char*>(text.data()),
                    static_cast<int>(text.size())) >= 0);
  BN_free(number);
  return text;
}

EVP_PKEY* Generate(SigningKeyKind kind) {
  switch (kind) {
    case SigningKeyKind::kRsa2048:
      return EVP_RSA_gen(2048);
    case SigningKeyKind::kRsa1024:
      return EVP_RSA_gen(1024);
    case SigningKeyKind::kP256:
      return EVP_EC_gen("P-256");
    case SigningKeyKind::kP384:
      return EVP_EC_gen("P-384");
  }
  return nullptr;
}

bool IsRsa(SigningKeyKind kind) {
  return kind == SigningKeyKind::kRsa2048 || kind == SigningKeyKind::kRsa1024;
}

}  // namespace

std::string EncodeBase64Url(absl::string_view bytes) {
  std::string text = absl::WebSafeBase64Escape(bytes);
  return text.substr(0, text.find('='));
}

SigningKey::SigningKey(std::string kid, SigningKeyKind kind)
    : kid_(std::move(kid)), kind_(kind), key_(Generate(kind), EVP_PKEY_free) {
  Must(key_ != nullptr);
}

nlohmann::json SigningKey::Jwk() const {
  if (IsRsa(kind_)) {
    return {{"kty", "RSA"},
            {"kid", kid_},
            {"use", "sig"},
            {"alg", "RS256"},
            {"n", EncodeBase64Url(NumberOf(key_.get(), OSSL_PKEY_PARAM_RSA_N, 0))},
            {"e", EncodeBase64Url(NumberOf(key_.get(), OSSL_PKEY_PARAM_RSA_E, 0))}};
  }
  const bool is_256 = kind_ == SigningKeyKind::kP256;
  const size_t bytes = is_256 ? 32 : 48;
  return {{"kty", "EC"},
          {"kid", kid_},
          {"use", "sig"},
          {"crv", is_256 ? "P-256" : "P-384"},
          {"x", EncodeBase64Url(NumberOf(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, bytes))},
          {"y", EncodeBase64Url(NumberOf(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, bytes))}};
}

std::string SigningKey::PublicPem() const {
  const std::unique_ptr<BIO, int (*)(BIO*)> out(BIO_new(BIO_s_mem()), BIO_free);
  Must(PEM_write_bio_PUBKEY(out.get(), key_.get()) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

std::string SigningKey::Sign(absl::string_view text) const {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  Must(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
  size_t size = 0;
  Must(EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) == 1);
  std::string signature(size, '\0');
  auto* out = reinterpret_cast<unsigned char*>(signature.data());
  Must(EVP_DigestSign(context.get(), out, &size, bytes, text.size()) == 1);
  signature.resize(size);
  if (IsRsa(kind_)) return signature;
  const unsigned char* der = reinterpret_cast<const unsigned char*>(signature.data());
  ECDSA_SIG* numbers = d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(size));
  const int half = kind_ == SigningKeyKind::kP256 ? 32 : 48;
  std::string raw(static_cast<size_t>(2 * half), '\0');
  auto* raw_bytes = reinterpret_cast<unsigned char*>(raw.data());
  Must(BN_bn2binpad(ECDSA_SIG_get0_r(numbers), raw_bytes, half) == half);
  Must(BN_bn2binpad(ECDSA_SIG_get0_s(numbers), raw_bytes + half, half) == half);
  ECDSA_SIG_free(numbers);
  return raw;
}

std::string SigningKey::Token(const std::string& header, const std::string& claims) const {
  const std::string text = absl::StrCat(EncodeBase64Url(header), ".", EncodeBase64Url(claims));
  return absl::StrCat(text, ".", EncodeBase64Url(Sign(text)));
}

std::string SigningKey::Token(const nlohmann::json& claims) const {
  return Token(Header().dump(), claims.dump());
}

nlohmann::json SigningKey::Header() const {
  return {{"alg", IsRsa(kind_) ? "RS256" : "ES256"}, {"kid", kid_}};
}

std::string KeySet(const std::vector<const SigningKey*>& keys) {
  nlohmann::json set = {{"keys", nlohmann::json::array()}};
  for (const SigningKey* key : keys) set["keys"].push_back(key->Jwk());
  return set.dump();
}

nlohmann::json PodClaims(int64_t now, absl::string_view account_namespace, absl::string_view name) {
  const std::string ns(account_namespace);
  const std::string account(name);
  return {{"iss", "https://kubernetes.default.svc"},
          {"aud", {"ostiary-pdp"}},
          {"exp", now + 600},
          {"iat", now},
          {"nbf", now},
          {"sub", "system:serviceaccount:" + ns + ":" + account},
          {"jti", "8a3e"},
          {"kubernetes.io",
           {{"namespace", ns},
            {"node", {{"name", "n1"}, {"uid", "1"}}},
            {"pod", {{"name", account + "-0"}, {"uid", "2"}}},
            {"serviceaccount", {{"name", account}, {"uid", "3"}}}}}};
}

}  // namespace ostiary
