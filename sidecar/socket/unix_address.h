// UnixAddress: unix:PATH, as the flags have it and as the kernel wants it. Pure.
#ifndef OSTIARY_SIDECAR_SOCKET_UNIX_ADDRESS_H_
#define OSTIARY_SIDECAR_SOCKET_UNIX_ADDRESS_H_

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ostiary::sidecar {

// The path of "unix:PATH"; INVALID_ARGUMENT, in words for people, where it is none or too long.
absl::StatusOr<std::string> ParseUnixAddress(absl::string_view text);

// For bind(2) and connect(2), of a path that ParseUnixAddress gave.
sockaddr_un UnixAddress(const std::string& path);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_SOCKET_UNIX_ADDRESS_H_
