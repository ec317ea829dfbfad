// ClientFiles: reads what ClientTlsOptions names, anew for each connection, so that renewed files
// count from the next one on.
//
// A file that cannot be used (half written, gone for a moment, a key that is not the certificate's)
// leaves what was read from it last in use; `problem` says so. Where there is nothing to use,
// reading fails. No message quotes a key or a token. Not thread-safe.
#ifndef OSTIARY_COMMON_TLS_CLIENT_FILES_H_
#define OSTIARY_COMMON_TLS_CLIENT_FILES_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/tls/client_options.h"
#include "common/tls/pem.h"

namespace ostiary {

struct ClientMaterial {
  std::string authorities;      // PEM
  std::optional<KeyPair> pair;  // where a certificate is to be shown
  std::string token;            // empty where none is to be shown
};

class ClientFiles {
 public:
  // Files of options with on() and a good Validate.
  explicit ClientFiles(ClientTlsOptions options) : options_(std::move(options)) {}

  // `*problem` is why something older than the files had to do; OK where nothing had to.
  absl::StatusOr<ClientMaterial> Read(absl::Status* problem);

 private:
  const ClientTlsOptions options_;
  std::optional<std::string> authorities_;
  std::optional<KeyPair> pair_;
  std::optional<std::string> token_;
};

// The token in a file's text: without the blanks and line ends around it. FAILED_PRECONDITION where
// it is empty or has bytes that no token has.
absl::StatusOr<std::string> ReadToken(absl::string_view text);

}  // namespace ostiary

#endif  // OSTIARY_COMMON_TLS_CLIENT_FILES_H_
