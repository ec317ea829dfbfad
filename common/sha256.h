// SHA-256 (FIPS 180-4), by OpenSSL. Thread-safe. Sets nothing of OpenSSL up and reads none of its
// configuration.
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

// The same of bytes that come in pieces. Used by one thread.
class Sha256Stream {
 public:
  Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;
  ~Sha256Stream();

  void Add(absl::string_view bytes);
  // Once, last.
  Sha256Digest Finish();

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

// 64 lower-case hex digits.
std::string HexString(const Sha256Digest& digest);

}  // namespace ostiary

#endif  // OSTIARY_COMMON_SHA256_H_
