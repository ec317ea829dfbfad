// SHA-256 (FIPS 180-4), by OpenSSL. Thread-safe. Sets nothing of OpenSSL up and reads none of its
// configuration.
#ifndef OSTIARY_COMMON_SHA256_H_
#define OSTIARY_COMMON_SHA256_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace ostiary {

using Sha256Digest = std::array<uint8_t, 32>;

Sha256Digest Sha256(absl::string_view bytes);

// 64 lower-case hex digits.
std::string HexString(const Sha256Digest& digest);

}  // namespace ostiary

#endif  // OSTIARY_COMMON_SHA256_H_
