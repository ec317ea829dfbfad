#include "sidecar/pdp_client/tls_algorithms.h"

#ifdef OSTIARY_STATIC
#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include <array>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

// OpenSSL's provider of all that it has. It stands in no public header; with a version that does
// not have it the link fails.
extern "C" OSSL_provider_init_fn ossl_default_provider_init;

namespace ostiary::sidecar {
namespace {

struct Algorithm {
  int operation;
  absl::string_view name;  // the first of its names
};

// Of operations that are not listed, all that there is.
constexpr Algorithm kKept[] = {
    {OSSL_OP_DIGEST, "SHA1"},  // fingerprints; TLS takes no signature with it
    {OSSL_OP_DIGEST, "SHA2-224"},
    {OSSL_OP_DIGEST, "SHA2-256"},
    {OSSL_OP_DIGEST, "SHA2-384"},
    {OSSL_OP_DIGEST, "SHA2-512"},
    {OSSL_OP_DIGEST, "SHAKE-256"},  // Ed448's
    {OSSL_OP_CIPHER, "AES-128-GCM"},
    {OSSL_OP_CIPHER, "AES-256-GCM"},
    {OSSL_OP_CIPHER, "ChaCha20-Poly1305"},
    {OSSL_OP_CIPHER, "AES-256-CTR"},  // these two make random numbers
    {OSSL_OP_CIPHER, "AES-256-ECB"},
    {OSSL_OP_MAC, "HMAC"},
    {OSSL_OP_KDF, "HKDF"},
    {OSSL_OP_KDF, "TLS13-KDF"},
    {OSSL_OP_KDF, "TLS1-PRF"},
    {OSSL_OP_KEYEXCH, "ECDH"},
    {OSSL_OP_KEYEXCH, "X25519"},
    {OSSL_OP_SIGNATURE, "RSA"},
    {OSSL_OP_SIGNATURE, "ECDSA"},
    {OSSL_OP_SIGNATURE, "ED25519"},
    {OSSL_OP_SIGNATURE, "ED448"},
    {OSSL_OP_KEYMGMT, "RSA"},
    {OSSL_OP_KEYMGMT, "RSA-PSS"},
    {OSSL_OP_KEYMGMT, "EC"},
    {OSSL_OP_KEYMGMT, "X25519"},
    {OSSL_OP_KEYMGMT, "ED25519"},
    {OSSL_OP_KEYMGMT, "ED448"},
    {OSSL_OP_DECODER, "DER"},  // also tells an encrypted key
    {OSSL_OP_DECODER, "RSA"},
    {OSSL_OP_DECODER, "RSA-PSS"},
    {OSSL_OP_DECODER, "EC"},
    {OSSL_OP_DECODER, "ED25519"},
    {OSSL_OP_DECODER, "ED448"},
    {OSSL_OP_ENCODER, "RSA"},
    {OSSL_OP_ENCODER, "RSA-PSS"},
    {OSSL_OP_ENCODER, "EC"},
    {OSSL_OP_ENCODER, "ED25519"},
    {OSSL_OP_ENCODER, "ED448"},
};

// OpenSSL's provider, which answers for these only. Made once, and read by any thread then.
struct Provider {
  PrivateKeys private_keys = PrivateKeys::kNone;
  OSSL_FUNC_provider_query_operation_fn* query = nullptr;              // OpenSSL's
  std::vector<OSSL_DISPATCH> functions;                                // OpenSSL's, but for one
  std::array<std::vector<OSSL_ALGORITHM>, OSSL_OP__HIGHEST + 1> kept;  // each ends as in C
};

Provider& TlsProvider() {
  static auto* const provider = new Provider;
  return *provider;
}

// OpenSSL has a decoder for each form of a key, and for each certificate goes through all of them
// in search of chains of two. Certificates hold one form.
bool Decodes(const OSSL_ALGORITHM& decoder, PrivateKeys private_keys) {
  const absl::string_view properties = decoder.property_definition;
  if (absl::StrContains(properties, "structure=SubjectPublicKeyInfo")) return true;
  return private_keys == PrivateKeys::kRead && !absl::StrContains(properties, "input=msblob") &&
         !absl::StrContains(properties, "input=pvk");
}

// Keeps the algorithm, under each form that there is of it.
bool Keep(void* context, const Algorithm& kept) {
  int no_cache = 0;
  const OSSL_ALGORITHM* all = TlsProvider().query(context, kept.operation, &no_cache);
  std::vector<OSSL_ALGORITHM>& to = TlsProvider().kept[kept.operation];
  if (!to.empty()) to.pop_back();
  bool found = false;
  for (; all != nullptr && all->algorithm_names != nullptr; ++all) {
    const absl::string_view names = all->algorithm_names;
    if (names.substr(0, names.find(':')) != kept.name) continue;
    found = true;
    if (kept.operation != OSSL_OP_DECODER || Decodes(*all, TlsProvider().private_keys)) {
      to.push_back(*all);
    }
  }
  to.push_back({});
  return found && no_cache == 0;
}

const OSSL_ALGORITHM* Query(void* context, int operation, int* no_cache) {
  const Provider& provider = TlsProvider();
  if (operation < 0 || operation > OSSL_OP__HIGHEST || provider.kept[operation].empty()) {
    return provider.query(context, operation, no_cache);
  }
  *no_cache = 0;
  return provider.kept[operation].data();
}

int Init(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH* core, const OSSL_DISPATCH** functions,
         void** context) {
  const OSSL_DISPATCH* function = nullptr;
  if (ossl_default_provider_init(handle, core, &function, context) != 1) return 0;
  Provider& provider = TlsProvider();
  for (; function->function_id != 0; ++function) {
    provider.functions.push_back(*function);
    if (function->function_id != OSSL_FUNC_PROVIDER_QUERY_OPERATION) continue;
    provider.query = OSSL_FUNC_provider_query_operation(function);
    provider.functions.back().function = reinterpret_cast<void (*)()>(&Query);
  }
  provider.functions.push_back({});
  if (provider.query == nullptr) return 0;
  for (const Algorithm& kept : kKept) {
    if (!Keep(*context, kept)) return 0;
  }
  *functions = provider.functions.data();
  return 1;
}

bool KeepTo(PrivateKeys private_keys) {
  TlsProvider().private_keys = private_keys;
  // The old tables of names, by which what is not fetched from a provider is found. Certificates
  // name digests that way.
  if (OPENSSL_init_crypto(OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS,
                          nullptr) != 1) {
    return false;
  }
  for (const EVP_MD* digest :
       {EVP_sha1(), EVP_sha224(), EVP_sha256(), EVP_sha384(), EVP_sha512()}) {
    if (EVP_add_digest(digest) != 1) return false;
  }
  // Once one is loaded, OpenSSL does not load its own by itself.
  constexpr char kName[] = "ostiary-tls";
  return OSSL_PROVIDER_add_builtin(nullptr, kName, &Init) == 1 &&
         OSSL_PROVIDER_load(nullptr, kName) != nullptr;
}

}  // namespace

absl::Status KeepToTlsAlgorithms(PrivateKeys private_keys) {
  if (KeepTo(private_keys)) return absl::OkStatus();
  return absl::InternalError("cannot keep OpenSSL to the algorithms of TLS");
}

}  // namespace ostiary::sidecar
#else

namespace ostiary::sidecar {

absl::Status KeepToTlsAlgorithms(PrivateKeys /*private_keys*/) { return absl::OkStatus(); }

}  // namespace ostiary::sidecar
#endif
