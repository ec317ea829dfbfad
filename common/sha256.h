// SHA-256 (FIPS 180-4), by OpenSSL. Thread-safe. Where OpenSSL was configured to have none, the
// program ends.
#ifndef OSTIARY_COMMON_SHA256_H_
#define OSTIARY_COMMON_SHA256_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace ostiary {

using Sha256Digest = std::array<uint8_t, 32>;

Sha256Digest Sha256(absl::string_view bytes);

// The same for many short texts: what OpenSSL does to find its SHA-256 is done once, and takes
// longer than to digest 300 bytes. Not thread-safe.
class Sha256Hasher {
 public:
  Sha256Hasher();
  ~Sha256Hasher();
  Sha256Digest Hash(absl::string_view bytes);

 private:
  struct Rep;
  const std::unique_ptr<Rep> rep_;
};

// 64 lower-case hex digits.
std::string HexString(const Sha256Digest& digest);

}  // namespace ostiary

#endif  // OSTIARY_COMMON_SHA256_H_
