#include "common/sha256.h"

#include <openssl/sha.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/escaping.h"

namespace ostiary {

Sha256Digest Sha256(absl::string_view bytes) {
  Sha256Digest digest;
  const auto* const data = reinterpret_cast<const uint8_t*>(bytes.data());
  if (::SHA256(data, bytes.size(), digest.data()) == nullptr) {
    // By a digest that is none, one policy would be taken for another.
    std::fputs("OpenSSL computes no SHA-256: is its configuration sound?\n", stderr);
    std::abort();
  }
  return digest;
}

std::string HexString(const Sha256Digest& digest) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

}  // namespace ostiary
