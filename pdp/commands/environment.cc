#include "pdp/commands/environment.h"

#include <limits.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace ostiary::pdp {
namespace {

bool IsUnwanted(absl::string_view name) {
  return absl::StartsWithIgnoreCase(name, "grpc_") || absl::EndsWithIgnoreCase(name, "_proxy") ||
         absl::StartsWith(name, "OPENSSL_") || absl::StartsWith(name, "SSL_CERT_") ||
         name == "SSLKEYLOGFILE";
}

// Returns only where it fails.
absl::Status StartAnew(char** argv) {
  // By its name, which process lists show; by the link where the file was replaced or removed.
  char path[PATH_MAX] = {};
  if (::readlink("/proc/self/exe", path, sizeof(path) - 1) > 0) ::execv(path, argv);
  ::execv("/proc/self/exe", argv);
  return absl::ErrnoToStatus(
      errno,
      "the environment has settings of gRPC or OpenSSL, and the program cannot "
      "start anew without them");
}

}  // namespace

absl::Status CleanEnvironment(char** argv) {
  std::vector<std::string> unwanted;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const absl::string_view text(*entry);
    const size_t end = text.find('=');
    // Without a value it sets nothing, and unsetenv would leave it there for ever.
    if (end == absl::string_view::npos) continue;
    const absl::string_view name = text.substr(0, end);
    if (IsUnwanted(name)) unwanted.emplace_back(name);
  }
  for (const std::string& name : unwanted) ::unsetenv(name.c_str());
  if (!unwanted.empty()) return StartAnew(argv);
  ::setenv("GRPC_DNS_RESOLVER", "native", 1);
  return absl::OkStatus();
}

}  // namespace ostiary::pdp
