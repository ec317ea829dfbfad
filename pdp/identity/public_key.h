// Public keys and signatures, by OpenSSL: the two algorithms that tokens may be signed with
// (RFC 7518, section 3). Pure functions; any thread.
#ifndef OSTIARY_PDP_IDENTITY_PUBLIC_KEY_H_
#define OSTIARY_PDP_IDENTITY_PUBLIC_KEY_H_

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "openssl/types.h"

namespace ostiary::pdp {

struct PublicKey {
  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key;
  size_t signature_bytes = 0;  // that every signature of it has
};

// From the members "n" and "e" of a JWK. INVALID_ARGUMENT for what is no RSA key of 2048 to 8192
// bits.
absl::StatusOr<PublicKey> RsaPublicKey(absl::string_view n, absl::string_view e);

// From the members "x" and "y". INVALID_ARGUMENT for what is no point of P-256.
absl::StatusOr<PublicKey> P256PublicKey(absl::string_view x, absl::string_view y);

// RSASSA-PKCS1-v1_5 with SHA-256.
bool VerifyRs256(EVP_PKEY* key, absl::string_view text, absl::string_view signature);
// ECDSA on P-256 with SHA-256; `signature` is r and s, 32 bytes each.
bool VerifyEs256(EVP_PKEY* key, absl::string_view text, absl::string_view signature);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_PUBLIC_KEY_H_
