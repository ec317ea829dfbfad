#include "common/sha256.h"

#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/escaping.h"

namespace ostiary {
namespace {

// By a digest that is none, one policy would be taken for another.
[[noreturn]] void Fail() {
  std::fputs("OpenSSL computes no SHA-256: is its configuration sound?\n", stderr);
  std::abort();
}

}  // namespace

struct Sha256Hasher::Rep {
  EVP_MD* const algorithm = ::EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* const context = ::EVP_MD_CTX_new();

  ~Rep() {
    ::EVP_MD_CTX_free(context);
    ::EVP_MD_free(algorithm);
  }
};

Sha256Hasher::Sha256Hasher() : rep_(std::make_unique<Rep>()) {
  if (rep_->algorithm == nullptr || rep_->context == nullptr) Fail();
}

Sha256Hasher::~Sha256Hasher() = default;

Sha256Digest Sha256Hasher::Hash(absl::string_view bytes) {
  Sha256Digest digest;
  if (::EVP_DigestInit_ex2(rep_->context, rep_->algorithm, nullptr) != 1 ||
      ::EVP_DigestUpdate(rep_->context, bytes.data(), bytes.size()) != 1 ||
      ::EVP_DigestFinal_ex(rep_->context, digest.data(), nullptr) != 1) {
    Fail();
  }
  return digest;
}

Sha256Digest Sha256(absl::string_view bytes) { return Sha256Hasher().Hash(bytes); }

std::string HexString(const Sha256Digest& digest) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

}  // namespace ostiary
