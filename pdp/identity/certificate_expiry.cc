#include "pdp/identity/certificate_expiry.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>

namespace ostiary::pdp {

absl::StatusOr<absl::Time> CertificateExpiry(absl::string_view pem) {
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

}  // namespace ostiary::pdp
