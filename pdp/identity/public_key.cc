#include "pdp/identity/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <optional>
#include <string>
#include <utility>

#include "common/status_macros.h"
#include "common/tls/openssl_free.h"
#include "pdp/identity/base64url.h"

namespace ostiary::pdp {
namespace {

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;
constexpr int kMaxExponentBits = 32;
constexpr size_t kP256Bytes = 32;

using BigNumber = std::unique_ptr<BIGNUM, OpenSslFree<BN_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, OpenSslFree<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, OpenSslFree<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, OpenSslFree<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, OpenSslFree<EVP_MD_CTX_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, OpenSslFree<ECDSA_SIG_free>>;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

BigNumber ToNumber(absl::string_view bytes) {
  return BigNumber(BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

// What OpenSSL has to say of its errors is not for our callers, and must not pile up.
bool Done(bool good) {
  ERR_clear_error();
  return good;
}

absl::StatusOr<PublicKey> MakeKey(const char* type, OSSL_PARAM_BLD* builder,
                                  size_t signature_bytes) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext making(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  const bool is_made =
      params != nullptr && making != nullptr && EVP_PKEY_fromdata_init(making.get()) == 1 &&
      EVP_PKEY_fromdata(making.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get()) == 1;
  PublicKey key{{made, EVP_PKEY_free}, signature_bytes};
  bool is_good = false;
  if (is_made) {
    const KeyContext checking(EVP_PKEY_CTX_new_from_pkey(nullptr, made, nullptr));
    is_good = checking != nullptr && EVP_PKEY_public_check(checking.get()) == 1;
  }
  if (!Done(is_good)) return absl::InvalidArgumentError("its numbers are no public key");
  return key;
}

// 1: the signature holds. Everything else, errors included, is none.
bool Verify(EVP_PKEY* key, absl::string_view text, absl::string_view signature) {
  const DigestContext context(EVP_MD_CTX_new());
  return context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(text),
                          text.size()) == 1;
}

}  // namespace

absl::StatusOr<PublicKey> RsaPublicKey(absl::string_view n, absl::string_view e) {
  const std::optional<std::string> modulus_bytes = DecodeBase64Url(n);
  const std::optional<std::string> exponent_bytes = DecodeBase64Url(e);
  if (!modulus_bytes.has_value() || !exponent_bytes.has_value()) {
    return absl::InvalidArgumentError("\"n\" and \"e\" must be base64url");
  }
  if (modulus_bytes->size() > kMaxRsaBits / 8 || exponent_bytes->size() > kMaxExponentBits / 8) {
    return absl::InvalidArgumentError("it has more than 8192 bits");
  }
  const BigNumber modulus = ToNumber(*modulus_bytes);
  const BigNumber exponent = ToNumber(*exponent_bytes);
  if (modulus == nullptr || exponent == nullptr || BN_num_bits(modulus.get()) < kMinRsaBits) {
    return absl::InvalidArgumentError("it has less than 2048 bits");
  }
  if (BN_is_odd(exponent.get()) == 0 || BN_is_one(exponent.get()) == 1) {
    return absl::InvalidArgumentError("its exponent must be odd and more than 1");
  }
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return absl::ResourceExhaustedError("there is no memory for it");
  }
  return MakeKey("RSA", builder.get(), static_cast<size_t>(BN_num_bytes(modulus.get())));
}

absl::StatusOr<PublicKey> P256PublicKey(absl::string_view x, absl::string_view y) {
  const std::optional<std::string> x_bytes = DecodeBase64Url(x);
  const std::optional<std::string> y_bytes = DecodeBase64Url(y);
  if (!x_bytes.has_value() || !y_bytes.has_value() || x_bytes->size() != kP256Bytes ||
      y_bytes->size() != kP256Bytes) {
    return absl::InvalidArgumentError("\"x\" and \"y\" must be base64url of 32 bytes");
  }
  const std::string point = "\x04" + *x_bytes + *y_bytes;
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return absl::ResourceExhaustedError("there is no memory for it");
  }
  return MakeKey("EC", builder.get(), 2 * kP256Bytes);
}

bool VerifyRs256(EVP_PKEY* key, absl::string_view text, absl::string_view signature) {
  return Done(Verify(key, text, signature));
}

bool VerifyEs256(EVP_PKEY* key, absl::string_view text, absl::string_view signature) {
  if (signature.size() != 2 * kP256Bytes) return false;
  BigNumber r = ToNumber(signature.substr(0, kP256Bytes));
  BigNumber s = ToNumber(signature.substr(kP256Bytes));
  const EcdsaSignature numbers(ECDSA_SIG_new());
  if (r == nullptr || s == nullptr || numbers == nullptr ||
      ECDSA_SIG_set0(numbers.get(), r.get(), s.get()) != 1) {
    return Done(false);
  }
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(numbers.get(), &der);
  if (size <= 0) return Done(false);
  const absl::string_view encoded(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  const bool good = Verify(key, text, encoded);
  OPENSSL_free(der);
  return Done(good);
}

}  // namespace ostiary::pdp
