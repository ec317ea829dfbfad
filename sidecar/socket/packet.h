// Packet: what `serve` and `connect` say to each other besides the session's bytes.
//
//   connect                        serve
//   hello                    →
//                            ←     welcome, with the two pipes' ends; or refused TEXT, and the end
//   signal N (at most once)  →
//                            ←     ended STATUS, and the end
//
// One packet of a SOCK_SEQPACKET connection each, in words: "ostiary/1 ended 7". The form of
// `refused` is for ever, so that a `connect` of any version can say why it was sent away. Pure.
#ifndef OSTIARY_SIDECAR_SOCKET_PACKET_H_
#define OSTIARY_SIDECAR_SOCKET_PACKET_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ostiary::sidecar {

// Nothing longer is sent or understood.
constexpr size_t kMaxPacketBytes = 1024;

struct Packet {
  enum class Kind : uint8_t { kHello, kWelcome, kRefused, kSignal, kEnded };

  static Packet Hello() { return {Kind::kHello, 0, ""}; }
  static Packet Welcome() { return {Kind::kWelcome, 0, ""}; }
  // Cut where it would be too long.
  static Packet Refused(absl::string_view why);
  static Packet Signal(int number) { return {Kind::kSignal, number, ""}; }
  static Packet Ended(int status) { return {Kind::kEnded, status, ""}; }

  Kind kind = Kind::kHello;
  int number = 0;    // of kSignal (1 to 64) and kEnded (0 to 255)
  std::string text;  // of kRefused
};

std::string Encode(const Packet& packet);

// INVALID_ARGUMENT where it is nothing that this version knows; UNIMPLEMENTED, in words for people,
// where it is of another version.
absl::StatusOr<Packet> Decode(absl::string_view bytes);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_SOCKET_PACKET_H_
