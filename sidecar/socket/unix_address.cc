#include "sidecar/socket/unix_address.h"

#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace ostiary::sidecar {

absl::StatusOr<std::string> ParseUnixAddress(absl::string_view text) {
  absl::string_view path = text;
  if (!absl::ConsumePrefix(&path, "unix:") || path.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is no address of a Unix socket; write unix:PATH"));
  }
  if (path.find('\0') != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat("there is a NUL in ", text));
  }
  if (constexpr size_t kMost = sizeof(sockaddr_un::sun_path) - 1; path.size() > kMost) {
    return absl::InvalidArgumentError(absl::StrCat(text, ": the path has ", path.size(),
                                                   " bytes, and a socket's can have ", kMost));
  }
  return std::string(path);
}

sockaddr_un UnixAddress(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

}  // namespace ostiary::sidecar
