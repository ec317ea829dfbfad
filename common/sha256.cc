// OpenSSL 3 has its one-shot SHA256 fetch the digest from a provider, and so sets up all of itself,
// where the sidecar with a rules file needs nothing else of it. The algorithm, which is what the
// provider would run, is called deprecated for going without.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "common/sha256.h"

#include <openssl/sha.h>

#include "absl/strings/escaping.h"

namespace ostiary {

struct Sha256Stream::State {
  SHA256_CTX context;
};

// Nothing of this can fail.
Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {
  ::SHA256_Init(&state_->context);
}

Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::Add(absl::string_view bytes) {
  ::SHA256_Update(&state_->context, bytes.data(), bytes.size());
}

Sha256Digest Sha256Stream::Finish() {
  Sha256Digest digest;
  ::SHA256_Final(digest.data(), &state_->context);
  return digest;
}

Sha256Digest Sha256(absl::string_view bytes) {
  Sha256Digest digest;
  SHA256_CTX context;  // nothing here can fail
  ::SHA256_Init(&context);
  ::SHA256_Update(&context, bytes.data(), bytes.size());
  ::SHA256_Final(digest.data(), &context);
  return digest;
}

std::string HexString(const Sha256Digest& digest) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

}  // namespace ostiary
