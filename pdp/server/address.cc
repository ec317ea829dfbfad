#include "pdp/server/address.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/loopback.h"

namespace ostiary::pdp {
namespace {

constexpr absl::string_view kUnixPrefix = "unix:";
// One byte less than the kernel's field, for the end of the string.
constexpr size_t kMaxUnixPath = sizeof(sockaddr_un::sun_path) - 1;

absl::Status Wrong(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is no address: ", why, " (write host:port or unix:PATH)"));
}

absl::StatusOr<Address> ParseUnix(absl::string_view text) {
  const absl::string_view path = absl::StripPrefix(text, kUnixPrefix);
  if (path.empty()) return Wrong(text, "the path is empty");
  if (path.size() > kMaxUnixPath) {
    return Wrong(text, absl::StrCat("a Unix socket's path has at most ", kMaxUnixPath, " bytes"));
  }
  if (absl::StrContains(path, absl::string_view("\0", 1))) {
    return Wrong(text, "the path has a NUL byte");
  }
  Address address;
  address.kind = Address::Kind::kUnix;
  address.path = std::string(path);
  return address;
}

bool IsHostCharacter(char c) { return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_'; }

// A name whose last label is a number is an IPv4 address, in its full form (as in URLs, WHATWG):
// what takes others for one takes "999.1.1.1" for 231.1.1.1, or asks DNS.
bool EndsInNumber(absl::string_view host) {
  absl::ConsumeSuffix(&host, ".");
  const absl::string_view label = host.substr(host.rfind('.') + 1);
  return std::all_of(label.begin(), label.end(), absl::ascii_isdigit);
}

// Brackets hold an IPv6 address, and nothing else does.
bool IsHost(absl::string_view host) {
  if (absl::ConsumePrefix(&host, "[")) {
    in6_addr ignored;
    return absl::ConsumeSuffix(&host, "]") &&
           inet_pton(AF_INET6, std::string(host).c_str(), &ignored) == 1;
  }
  if (host.empty() || !std::all_of(host.begin(), host.end(), IsHostCharacter)) return false;
  in_addr ignored;
  return !EndsInNumber(host) || inet_pton(AF_INET, std::string(host).c_str(), &ignored) == 1;
}

}  // namespace

absl::StatusOr<Address> Address::Parse(absl::string_view text) {
  if (absl::StartsWith(text, kUnixPrefix)) return ParseUnix(text);
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return Wrong(text, "the port is missing");
  const absl::string_view host = text.substr(0, colon);
  const absl::string_view port = text.substr(colon + 1);
  if (!IsHost(host)) return Wrong(text, "the host is none");
  uint32_t number = 0;
  const bool digits = !port.empty() && std::all_of(port.begin(), port.end(), absl::ascii_isdigit);
  if (!digits || !absl::SimpleAtoi(port, &number) || number > 65535) {
    return Wrong(text, "the port is no number from 0 to 65535");
  }
  Address address;
  address.host = std::string(host);
  address.port = static_cast<uint16_t>(number);
  return address;
}

std::string Address::ToString() const {
  return kind == Kind::kUnix ? absl::StrCat(kUnixPrefix, path) : absl::StrCat(host, ":", port);
}

std::string Address::ChannelTarget() const {
  return kind == Kind::kUnix ? ToString() : absl::StrCat("dns:///", ToString());
}

bool Address::IsLocal() const { return kind == Kind::kUnix || IsLoopbackHost(host); }

absl::Status CannotListen(absl::string_view address) {
  return absl::UnavailableError(
      absl::StrCat("cannot listen on ", address,
                   ": another program listens there, or the address is not this machine's"));
}

}  // namespace ostiary::pdp
