#include "tests/support/certificates.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <utility>

namespace ostiary {
namespace {

using Key = std::shared_ptr<EVP_PKEY>;
using Certificate = std::shared_ptr<X509>;

enum class Role : uint8_t { kLeaf, kAuthority };

void Require(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "certificates: %s failed\n", what);
  std::abort();
}

Key NewKey(KeyKind kind) {
  EVP_PKEY* const key = kind == KeyKind::kEc    ? EVP_EC_gen("P-256")
                        : kind == KeyKind::kRsa ? EVP_RSA_gen(2048)
                                                : EVP_RSA_gen(1024);
  Require(key != nullptr, "making a key");
  return Key(key, EVP_PKEY_free);
}

template <typename Write>
std::string Pem(const Write& write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  Require(bio != nullptr && write(bio.get()) == 1, "writing PEM");
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

std::string CertificatePem(X509* certificate) {
  return Pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

std::string KeyPem(EVP_PKEY* key) {
  return Pem([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

Key ReadKey(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr);
  Require(key != nullptr, "reading a key");
  return Key(key, EVP_PKEY_free);
}

void AddName(GENERAL_NAMES* names, int type, const std::string& bytes) {
  ASN1_STRING* const text =
      ASN1_STRING_type_new(type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
  Require(text != nullptr && ASN1_STRING_set(text, bytes.data(), static_cast<int>(bytes.size())),
          "a name");
  GENERAL_NAME* const name = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(name, type, text);
  sk_GENERAL_NAME_push(names, name);
}

std::string AddressBytes(const std::string& text) {
  std::array<char, sizeof(in6_addr)> bytes;
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) {
    return std::string(bytes.data(), sizeof(in_addr));
  }
  Require(inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1, "reading an IP address");
  return std::string(bytes.data(), sizeof(in6_addr));
}

void AddNames(const CertificateOptions& options, X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(GENERAL_NAMES_new(),
                                                                            GENERAL_NAMES_free);
  for (const std::string& name : options.dns_names) AddName(names.get(), GEN_DNS, name);
  for (const std::string& ip : options.ip_addresses) {
    AddName(names.get(), GEN_IPADD, AddressBytes(ip));
  }
  for (const std::string& uri : options.uris) AddName(names.get(), GEN_URI, uri);
  if (sk_GENERAL_NAME_num(names.get()) == 0) return;
  Require(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, 0) == 1,
          "adding names");
}

void AddConstraints(Role role, X509* certificate) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509_EXTENSION* const extension =
      X509V3_EXT_conf_nid(nullptr, &context, NID_basic_constraints,
                          role == Role::kAuthority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  Require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, "constraints");
  X509_EXTENSION_free(extension);
}

Certificate NewCertificate(const CertificateOptions& options, Role role, EVP_PKEY* subject,
                           X509* issuer, EVP_PKEY* issuer_key) {
  const Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  uint64_t serial = 0;
  Require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial)) == 1, "random");
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1);
  X509_time_adj_ex(X509_getm_notBefore(certificate.get()), 0, absl::ToInt64Seconds(options.starts),
                   nullptr);
  X509_time_adj_ex(X509_getm_notAfter(certificate.get()), 0, absl::ToInt64Seconds(options.ends),
                   nullptr);
  X509_set_pubkey(certificate.get(), subject);
  X509_NAME* const name = X509_get_subject_name(certificate.get());
  // A leaf of its authority's name would count as signed by itself.
  const std::string text = options.common_name + (role == Role::kAuthority ? " authority" : "");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), issuer == nullptr ? name : X509_get_subject_name(issuer));
  AddConstraints(role, certificate.get());
  AddNames(options, certificate.get());
  Require(X509_sign(certificate.get(), issuer_key, EVP_sha256()) > 0, "signing");
  return certificate;
}

}  // namespace

TestAuthority::TestAuthority(const CertificateOptions& options)
    : key_(NewKey(options.key)),
      certificate_(NewCertificate(options, Role::kAuthority, key_.get(), nullptr, key_.get())),
      root_(CertificatePem(certificate_.get())) {}

TestAuthority::TestAuthority(Key key, Certificate certificate, std::string root, std::string chain)
    : key_(std::move(key)),
      certificate_(std::move(certificate)),
      root_(std::move(root)),
      chain_(std::move(chain)) {}

CertifiedKey TestAuthority::Issue(const CertificateOptions& options) const {
  const std::string key = KeyPem(NewKey(options.key).get());
  return {Certify(key, options), key};
}

std::string TestAuthority::Certify(const std::string& key,
                                   const CertificateOptions& options) const {
  const Certificate leaf =
      NewCertificate(options, Role::kLeaf, ReadKey(key).get(), certificate_.get(), key_.get());
  return CertificatePem(leaf.get()) + chain_;
}

TestAuthority TestAuthority::Intermediate(const CertificateOptions& options) const {
  Key key = NewKey(options.key);
  Certificate certificate =
      NewCertificate(options, Role::kAuthority, key.get(), certificate_.get(), key_.get());
  std::string chain = CertificatePem(certificate.get()) + chain_;
  return TestAuthority(std::move(key), std::move(certificate), root_, std::move(chain));
}

}  // namespace ostiary
