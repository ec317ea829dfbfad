// What PEM files of certificates and keys hold, checked with OpenSSL before anything speaks TLS
// with them: gRPC takes any text, and refuses every connection where it was the wrong one.
//
// What is returned is written anew from what was read, so that what was checked is what is used:
// text around the blocks, and blocks of other kinds, are gone. No message quotes a key.
//
// Stateless; any thread.
#ifndef OSTIARY_COMMON_TLS_PEM_H_
#define OSTIARY_COMMON_TLS_PEM_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace ostiary {

// A private key and the certificate that goes with it, as PEM.
struct KeyPair {
  std::string key;
  std::string chain;  // the leaf first
  // The leaf's.
  absl::Time not_before;
  absl::Time not_after;

  bool ValidAt(absl::Time now) const { return not_before <= now && now <= not_after; }
};

// FAILED_PRECONDITION where one of the texts is none or cut, the key is encrypted, the two do not
// belong together, or TLS would not take them (a key too short). That it has expired is no error
// here. The chain and the key may be one text.
absl::StatusOr<KeyPair> ReadKeyPair(absl::string_view chain, absl::string_view key);

// The certificates of the authorities that are to be trusted, at least one.
absl::StatusOr<std::string> ReadAuthorities(absl::string_view text);

}  // namespace ostiary

#endif  // OSTIARY_COMMON_TLS_PEM_H_
