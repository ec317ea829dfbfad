#include "common/tls/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "common/tls/openssl_free.h"

namespace ostiary {
namespace {

using Bio = std::unique_ptr<BIO, OpenSslFree<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, OpenSslFree<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, OpenSslFree<EVP_PKEY_free>>;
using Context = std::unique_ptr<SSL_CTX, OpenSslFree<SSL_CTX_free>>;

absl::Status Wrong(absl::string_view what) { return absl::FailedPreconditionError(what); }

// OpenSSL's last word, which names a rule and no bytes of what it read.
std::string Reason() {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  std::string text = reason == nullptr ? "no reason given" : reason;
  ERR_clear_error();
  return text;
}

absl::StatusOr<Bio> Reading(absl::string_view text) {
  if (text.size() > std::numeric_limits<int>::max()) return Wrong("is too long");
  Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (bio == nullptr) return absl::ResourceExhaustedError("there is no memory");
  return bio;
}

template <typename Write>
absl::Status Append(const Write& write, std::string* text) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || write(bio.get()) != 1) {
    return absl::InternalError(absl::StrCat("cannot be written as PEM: ", Reason()));
  }
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &bytes);
  text->append(bytes, static_cast<size_t>(size));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Certificate>> ReadCertificates(absl::string_view text) {
  OSTIARY_ASSIGN_OR_RETURN(const Bio bio, Reading(text));
  std::vector<Certificate> certificates;
  ERR_clear_error();
  while (X509* const read = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(read);
  }
  // The end of the text shows as the want of a next block; anything else is a broken block.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason = Reason();
  if (!at_end) {
    return Wrong(absl::StrCat("has a broken certificate (", reason, "); is it written whole?"));
  }
  if (certificates.empty()) return Wrong("has no certificate in PEM (BEGIN CERTIFICATE)");
  return certificates;
}

absl::StatusOr<std::string> WriteCertificates(const std::vector<Certificate>& certificates) {
  std::string text;
  for (const Certificate& certificate : certificates) {
    OSTIARY_RETURN_IF_ERROR(
        Append([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); }, &text));
  }
  return text;
}

int NoPassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

absl::StatusOr<Key> ReadKey(absl::string_view text) {
  OSTIARY_ASSIGN_OR_RETURN(const Bio bio, Reading(text));
  bool asked = false;
  ERR_clear_error();
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassphrase, &asked));
  // By an algorithm that a static sidecar does not have, so that nobody asked.
  asked |= ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_UNSUPPORTED_ENCRYPTION;
  const std::string reason = Reason();
  if (key != nullptr) return key;
  if (asked) return Wrong("the key is encrypted; give one without a passphrase");
  return Wrong(
      absl::StrCat("the key is no private key in PEM (", reason, "); is it written whole?"));
}

// What TLS itself says of the two.
absl::Status CheckBelongTogether(X509* leaf, EVP_PKEY* key) {
  ERR_clear_error();
  if (X509_check_private_key(leaf, key) != 1) {
    ERR_clear_error();
    return Wrong("the key is not that of the certificate; give the two that belong together");
  }
  const Context context(SSL_CTX_new(TLS_method()));
  if (context == nullptr) return absl::InternalError(absl::StrCat("no TLS: ", Reason()));
  if (SSL_CTX_use_certificate(context.get(), leaf) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key) != 1) {
    return Wrong(absl::StrCat("TLS does not take this certificate and key: ", Reason()));
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::Time> ToTime(const ASN1_TIME* time) {
  tm parts;
  if (ASN1_TIME_to_tm(time, &parts) != 1) {
    ERR_clear_error();
    return Wrong("the certificate's validity cannot be read");
  }
  return absl::FromTM(parts, absl::UTCTimeZone());
}

}  // namespace

absl::StatusOr<KeyPair> ReadKeyPair(absl::string_view chain, absl::string_view key) {
  OSTIARY_ASSIGN_OR_RETURN(const std::vector<Certificate> certificates, ReadCertificates(chain));
  OSTIARY_ASSIGN_OR_RETURN(const Key parsed, ReadKey(key));
  X509* const leaf = certificates.front().get();
  OSTIARY_RETURN_IF_ERROR(CheckBelongTogether(leaf, parsed.get()));
  KeyPair pair;
  OSTIARY_ASSIGN_OR_RETURN(pair.not_before, ToTime(X509_get0_notBefore(leaf)));
  OSTIARY_ASSIGN_OR_RETURN(pair.not_after, ToTime(X509_get0_notAfter(leaf)));
  OSTIARY_ASSIGN_OR_RETURN(pair.chain, WriteCertificates(certificates));
  OSTIARY_RETURN_IF_ERROR(Append(
      [&](BIO* bio) {
        return PEM_write_bio_PrivateKey(bio, parsed.get(), nullptr, nullptr, 0, nullptr, nullptr);
      },
      &pair.key));
  return pair;
}

absl::StatusOr<std::string> ReadAuthorities(absl::string_view text) {
  OSTIARY_ASSIGN_OR_RETURN(const std::vector<Certificate> certificates, ReadCertificates(text));
  return WriteCertificates(certificates);
}

}  // namespace ostiary
