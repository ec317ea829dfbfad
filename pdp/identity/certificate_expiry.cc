#include "pdp/identity/certificate_expiry.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <cstddef>
#include <ctime>
#include <memory>
#include <string>

#include "absl/hash/hash.h"

namespace ostiary::pdp {

namespace {

absl::StatusOr<absl::Time> ReadExpiry(absl::string_view pem) {
  const std::unique_ptr<BIO, int (*)(BIO*)> in(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  const std::unique_ptr<X509, void (*)(X509*)> certificate(
      in == nullptr ? nullptr : PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr), X509_free);
  std::tm end = {};
  const bool is_good =
      certificate != nullptr && ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) == 1;
  ERR_clear_error();
  if (!is_good) return absl::InvalidArgumentError("the client certificate cannot be read");
  return absl::FromTM(end, absl::UTCTimeZone());
}

// By its hash, compared whole. Certificates that share a place, or are too large, are only slower.
struct Remembered {
  std::string pem;
  absl::Time expiry;
};
constexpr size_t kRemembered = 32;
constexpr size_t kMaxRememberedBytes = 8 << 10;

}  // namespace

absl::StatusOr<absl::Time> CertificateExpiry(absl::string_view pem) {
  thread_local std::array<Remembered, kRemembered> remembered;
  if (pem.empty() || pem.size() > kMaxRememberedBytes) return ReadExpiry(pem);
  Remembered& slot = remembered[absl::Hash<absl::string_view>()(pem) % kRemembered];
  if (slot.pem == pem) return slot.expiry;
  const absl::StatusOr<absl::Time> expiry = ReadExpiry(pem);
  if (expiry.ok()) slot = {std::string(pem), *expiry};
  return expiry;
}

}  // namespace ostiary::pdp
