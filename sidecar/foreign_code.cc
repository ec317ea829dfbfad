#include "sidecar/foreign_code.h"

#ifdef OSTIARY_STATIC
#include <nss.h>
#include <openssl/crypto.h>
#endif

namespace ostiary::sidecar {

absl::Status RefuseForeignCode() {
#ifdef OSTIARY_STATIC
  if (__nss_configure_lookup("hosts", "files dns") != 0) {
    return absl::InternalError("cannot keep the C library to its own ways of looking up names");
  }
  if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) != 1) {
    return absl::InternalError("cannot keep OpenSSL from reading a configuration file");
  }
#endif
  return absl::OkStatus();
}

}  // namespace ostiary::sidecar
