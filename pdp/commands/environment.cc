#include "pdp/commands/environment.h"

#include <unistd.h>

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

}  // namespace

void CleanEnvironment() {
  std::vector<std::string> unwanted;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const absl::string_view text(*entry);
    const absl::string_view name = text.substr(0, text.find('='));
    if (IsUnwanted(name)) unwanted.emplace_back(name);
  }
  for (const std::string& name : unwanted) ::unsetenv(name.c_str());
  ::setenv("GRPC_DNS_RESOLVER", "native", 1);
}

}  // namespace ostiary::pdp
