// Address: where a PDP listens or is reached, as people write it: `host:port` or `unix:PATH`.
// Values; any thread.
#ifndef OSTIARY_PDP_SERVER_ADDRESS_H_
#define OSTIARY_PDP_SERVER_ADDRESS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ostiary::pdp {

struct Address {
  enum class Kind : uint8_t { kTcp, kUnix };

  Kind kind = Kind::kTcp;
  std::string host;  // for kTcp; an IPv6 address keeps its brackets
  uint16_t port = 0;
  std::string path;  // for kUnix

  // INVALID_ARGUMENT says what is wrong with the text.
  static absl::StatusOr<Address> Parse(absl::string_view text);

  // As Parse reads it. gRPC's servers take the same form.
  std::string ToString() const;
  // What a gRPC channel takes: never mistaken for a URI of another scheme.
  std::string ChannelTarget() const;
  // True for 127.0.0.0/8, ::1, localhost and Unix sockets: what no one can listen to on a network.
  bool IsLocal() const;
};

// UNAVAILABLE, for an address that a server could not take.
absl::Status CannotListen(absl::string_view address);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_ADDRESS_H_
