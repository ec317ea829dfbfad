// Which of OpenSSL's algorithms a static sidecar has: those that a session over TLS can use.
#ifndef OSTIARY_SIDECAR_PDP_CLIENT_TLS_ALGORITHMS_H_
#define OSTIARY_SIDECAR_PDP_CLIENT_TLS_ALGORITHMS_H_

#include <cstdint>

#include "absl/status/status.h"

namespace ostiary::sidecar {

// Whether keys are to be read from files, beside those in certificates.
enum class PrivateKeys : uint8_t { kNone, kRead };

// Called once, before anything speaks TLS or reads a certificate. In a build with OSTIARY_STATIC
// OpenSSL has no other algorithms from then on: TLS 1.3 and 1.2 with AES-GCM or ChaCha20, and
// certificates with RSA, ECDSA or EdDSA and SHA-2. What needs another one is refused, as if OpenSSL
// had been built without it. Other builds have what their system has, and this does nothing.
//
// OpenSSL makes an object of every algorithm that it has of a kind when it first looks for one, and
// a name of every old name: half of what a session over TLS computes until it stands.
absl::Status KeepToTlsAlgorithms(PrivateKeys private_keys);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_PDP_CLIENT_TLS_ALGORITHMS_H_
