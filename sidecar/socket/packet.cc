#include "sidecar/socket/packet.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace ostiary::sidecar {
namespace {

constexpr absl::string_view kProtocol = "ostiary/";
constexpr absl::string_view kVersion = "1";
constexpr absl::string_view kRefused = "refused ";

constexpr int kMaxSignal = 64;
constexpr int kMaxStatus = 255;

absl::Status NotAPacket() {
  return absl::InvalidArgumentError("that is not what an ostiary-sidecar says");
}

absl::StatusOr<Packet> Numbered(Packet::Kind kind, absl::string_view text, int least, int most) {
  int number = 0;
  // One spelling for each number.
  if (!absl::SimpleAtoi(text, &number) || number < least || number > most ||
      text != absl::StrCat(number)) {
    return NotAPacket();
  }
  return Packet{kind, number, ""};
}

// For a terminal: what the other side wrote must not steer it.
std::string Plain(absl::string_view text) {
  std::string plain(text);
  std::replace_if(
      plain.begin(), plain.end(), [](unsigned char c) { return absl::ascii_iscntrl(c); }, '?');
  return plain;
}

}  // namespace

Packet Packet::Refused(absl::string_view why) {
  constexpr size_t kRoom =
      kMaxPacketBytes - kProtocol.size() - kVersion.size() - 1 - kRefused.size();
  return {Kind::kRefused, 0, std::string(why.substr(0, kRoom))};
}

std::string Encode(const Packet& packet) {
  const std::string head = absl::StrCat(kProtocol, kVersion, " ");
  switch (packet.kind) {
    case Packet::Kind::kHello:
      return absl::StrCat(head, "hello");
    case Packet::Kind::kWelcome:
      return absl::StrCat(head, "welcome");
    case Packet::Kind::kRefused:
      return absl::StrCat(head, kRefused, packet.text);
    case Packet::Kind::kSignal:
      return absl::StrCat(head, "signal ", packet.number);
    case Packet::Kind::kEnded:
      return absl::StrCat(head, "ended ", packet.number);
  }
  return "";
}

absl::StatusOr<Packet> Decode(absl::string_view bytes) {
  if (bytes.size() > kMaxPacketBytes || !absl::ConsumePrefix(&bytes, kProtocol)) {
    return NotAPacket();
  }
  const size_t space = bytes.find(' ');
  if (space == absl::string_view::npos) return NotAPacket();
  const absl::string_view version = bytes.substr(0, space);
  bytes.remove_prefix(space + 1);
  int number = 0;
  if (!absl::SimpleAtoi(version, &number) || number < 1) return NotAPacket();
  if (absl::ConsumePrefix(&bytes, kRefused)) return Packet{Packet::Kind::kRefused, 0, Plain(bytes)};
  if (version != kVersion) {
    return absl::UnimplementedError(absl::StrCat("the other side speaks version ", number,
                                                 " of ostiary's socket, this one ", kVersion,
                                                 "; install the same release on both sides"));
  }
  if (bytes == "hello") return Packet::Hello();
  if (bytes == "welcome") return Packet::Welcome();
  if (absl::ConsumePrefix(&bytes, "signal ")) {
    return Numbered(Packet::Kind::kSignal, bytes, 1, kMaxSignal);
  }
  if (absl::ConsumePrefix(&bytes, "ended ")) {
    return Numbered(Packet::Kind::kEnded, bytes, 0, kMaxStatus);
  }
  return NotAPacket();
}

}  // namespace ostiary::sidecar
