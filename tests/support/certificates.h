// Certificates for tests: authorities that live in memory, and whatever they are asked to sign, the
// wrong and the expired included. OpenSSL does the work. Values; any thread. What cannot be made
// ends the program.
#ifndef OSTIARY_TESTS_SUPPORT_CERTIFICATES_H_
#define OSTIARY_TESTS_SUPPORT_CERTIFICATES_H_

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace ostiary {

enum class KeyKind : uint8_t {
  kEc,        // P-256
  kRsa,       // 2048 bits
  kSmallRsa,  // 1024 bits, which no one should take
};

struct CertificateOptions {
  std::string common_name = "test";
  // The subject's alternative names, in this order.
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;  // as text: "127.0.0.1", "::1"
  std::vector<std::string> uris;
  // From when and until when it is valid, counted from now.
  absl::Duration starts = -absl::Hours(1);
  absl::Duration ends = absl::Hours(24);
  KeyKind key = KeyKind::kEc;
};

// Both as PEM. `chain` starts with the leaf, and has its intermediate authorities behind it.
struct CertifiedKey {
  std::string chain;
  std::string key;
};

class TestAuthority {
 public:
  // A root. Only the validity and the kind of key of `options` count, and its common
  // name, behind which comes " authority".
  explicit TestAuthority(const CertificateOptions& options = {});

  // The root's certificate, as PEM: what those who trust it are given.
  const std::string& root() const { return root_; }

  CertifiedKey Issue(const CertificateOptions& options) const;
  // A certificate for a key that is there already, as a renewal makes it.
  std::string Certify(const std::string& key, const CertificateOptions& options) const;
  // An authority below this one.
  TestAuthority Intermediate(const CertificateOptions& options) const;

 private:
  TestAuthority(std::shared_ptr<EVP_PKEY> key, std::shared_ptr<X509> certificate, std::string root,
                std::string chain);

  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
  std::string root_;
  std::string chain_;  // from this authority up to the root, without the root
};

}  // namespace ostiary

#endif  // OSTIARY_TESTS_SUPPORT_CERTIFICATES_H_
