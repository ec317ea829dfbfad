#include "sidecar/core/resource_uri.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/json/json_text.h"

namespace ostiary::sidecar {
namespace {

struct WebScheme {
  absl::string_view name;
  absl::string_view port;  // the default one, with its colon
};
constexpr WebScheme kWebSchemes[] = {
    {"http", ":80"}, {"https", ":443"}, {"ws", ":80"}, {"wss", ":443"}, {"ftp", ":21"}};

const WebScheme* FindWebScheme(absl::string_view scheme) {
  for (const WebScheme& web : kWebSchemes) {
    if (web.name == scheme) {
      return &web;
    }
  }
  return nullptr;
}

bool IsAlnum(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }

// RFC 3986, section 2.3.
bool IsUnreserved(char c) { return IsAlnum(c) || absl::StrContains("-._~", c); }

// What the URL Standard percent-encodes in a path.
bool MustBeEncoded(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte >= 0x7F || absl::StrContains("\"<>`{}", c);
}

void AppendEncoded(char c, std::string* out) {
  constexpr absl::string_view kHex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out->push_back('%');
  out->push_back(kHex[byte >> 4U]);
  out->push_back(kHex[byte & 0xFU]);
}

int HexValue(char c) {
  return absl::ascii_isdigit(static_cast<unsigned char>(c))
             ? c - '0'
             : absl::ascii_tolower(static_cast<unsigned char>(c)) - 'a' + 10;
}

bool IsEscape(absl::string_view text) {
  return text.size() >= 3 && text[0] == '%' &&
         absl::ascii_isxdigit(static_cast<unsigned char>(text[1])) &&
         absl::ascii_isxdigit(static_cast<unsigned char>(text[2]));
}

absl::string_view Strip(absl::string_view uri) {
  const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!uri.empty() && is_blank(uri.front())) uri.remove_prefix(1);
  while (!uri.empty() && is_blank(uri.back())) uri.remove_suffix(1);
  return uri;
}

// What the URL Standard reads: without blanks around, tabs and newlines.
std::string Clean(absl::string_view uri) {
  std::string text(Strip(uri));
  text.erase(std::remove_if(text.begin(), text.end(),
                            [](char c) { return c == '\t' || c == '\r' || c == '\n'; }),
             text.end());
  return text;
}

// The length of `scheme:` at the front without its colon; npos where there is none.
size_t SchemeLength(absl::string_view uri) {
  const size_t colon = uri.find(':');
  if (colon == absl::string_view::npos ||
      !absl::ascii_isalpha(static_cast<unsigned char>(uri[0]))) {
    return absl::string_view::npos;
  }
  const absl::string_view scheme = uri.substr(0, colon);
  const bool legal = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return IsAlnum(c) || c == '+' || c == '-' || c == '.';
  });
  return legal ? colon : absl::string_view::npos;
}

// Escapes as RFC 3986 wants them, and what may not stand in a URI escaped.
std::string Spell(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool in_path = true;
  while (!text.empty()) {
    const char c = text[0];
    if (IsEscape(text)) {
      const auto decoded = static_cast<char>(HexValue(text[1]) * 16 + HexValue(text[2]));
      if (IsUnreserved(decoded)) {
        out.push_back(decoded);
      } else {
        AppendEncoded(decoded, &out);
      }
      text.remove_prefix(3);
      continue;
    }
    in_path = in_path && c != '?' && c != '#';
    if (c == '\\' && in_path) {
      out.push_back('/');
    } else if (MustBeEncoded(c)) {
      AppendEncoded(c, &out);
    } else {
      out.push_back(c);
    }
    text.remove_prefix(1);
  }
  return out;
}

enum class EmptySegments : uint8_t { kKeep, kDrop };

// RFC 3986, section 5.2.4.
std::string WithoutDotSegments(absl::string_view path, EmptySegments empty) {
  if (path.empty()) {
    return "";
  }
  std::vector<absl::string_view> kept;
  const bool rooted = path[0] == '/';
  absl::string_view rest = rooted ? path.substr(1) : path;
  while (true) {
    const size_t slash = rest.find('/');
    const bool last = slash == absl::string_view::npos;
    const absl::string_view segment = rest.substr(0, slash);
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
      if (last) kept.push_back("");
    } else if (segment == ".") {
      if (last) kept.push_back("");
    } else if (!segment.empty() || last || empty == EmptySegments::kKeep) {
      kept.push_back(segment);
    }
    if (last) break;
    rest = rest.substr(slash + 1);
  }
  std::string out;
  for (size_t i = 0; i < kept.size(); ++i) {
    absl::StrAppend(&out, i > 0 || rooted ? "/" : "", kept[i]);
  }
  return out;
}

std::string NormalAuthority(absl::string_view authority, const WebScheme* web, bool is_file) {
  const size_t at = authority.rfind('@');
  const size_t host_at = at == absl::string_view::npos ? 0 : at + 1;
  // The hosts of other schemes are names of their own, in which case counts.
  std::string host(authority.substr(host_at));
  if (web != nullptr || is_file) {
    absl::AsciiStrToLower(&host);
  }
  absl::string_view without_port = host;
  if (absl::ConsumeSuffix(&without_port, ":") ||
      (web != nullptr && absl::ConsumeSuffix(&without_port, web->port))) {
    host = std::string(without_port);
  }
  if (is_file && host == "localhost") {
    host.clear();
  }
  return absl::StrCat(authority.substr(0, host_at), host);
}

absl::string_view HostOf(absl::string_view authority) {
  const size_t at = authority.rfind('@');
  return at == absl::string_view::npos ? authority : authority.substr(at + 1);
}

// Without the dot of the root, and with a port only where it is not the default one.
std::string PlainHost(absl::string_view host, absl::string_view scheme) {
  const WebScheme* const web = FindWebScheme(scheme);
  if (web == nullptr) {
    return std::string(host);
  }
  const size_t colon = host.rfind(':');
  absl::string_view name = host.substr(0, colon);
  std::string port;
  if (colon != absl::string_view::npos) {
    const absl::string_view digits = host.substr(colon + 1);
    const size_t first = std::min(digits.find_first_not_of('0'), digits.size());
    port = absl::StrCat(":", digits.substr(first));
  }
  absl::ConsumeSuffix(&name, ".");
  return absl::StrCat(name, port == web->port || port == ":" ? "" : port);
}

std::string DecodeBytes(absl::string_view text) {
  std::string out;
  while (!text.empty()) {
    const bool escaped = IsEscape(text);
    const char c =
        escaped ? static_cast<char>(HexValue(text[1]) * 16 + HexValue(text[2])) : text[0];
    out.push_back(c == '\\' ? '/' : c);
    text.remove_prefix(escaped ? 3 : 1);
  }
  return out;
}

// Every escape once, with backslashes read as slashes. Bytes that are no UTF-8 stay escaped.
std::string Decode(absl::string_view text) {
  const std::string bytes = DecodeBytes(text);
  std::string out;
  const char* const end = bytes.data() + bytes.size();
  for (const char* p = bytes.data(); p != end;) {
    if (const size_t length = Utf8SequenceLength(p, end); length > 0) {
      out.append(p, length);
      p += length;
    } else {
      AppendEncoded(*p++, &out);
    }
  }
  return out;
}

// `normal` is `uri` with what may not stand bare in a URI escaped, or with the root's slash: an
// allowing rule may be in either spelling.
bool IsSpelling(absl::string_view uri, absl::string_view normal) {
  if (absl::StrContains(uri, '%')) {
    return false;
  }
  const std::string decoded = Decode(normal);
  return decoded == uri || decoded == absl::StrCat(uri, "/");
}

// An address in numbers has many spellings that resolvers take for one: only the usual one is not
// odd. `host` is without a user.
bool IsOddAddress(absl::string_view host) {
  if (absl::ConsumePrefix(&host, "[")) {
    const std::string inner(host.substr(0, host.find(']')));
    in6_addr address;
    std::array<char, INET6_ADDRSTRLEN> text;
    return ::inet_pton(AF_INET6, inner.c_str(), &address) != 1 || IN6_IS_ADDR_V4MAPPED(&address) ||
           inner != ::inet_ntop(AF_INET6, &address, text.data(), text.size());
  }
  absl::string_view name = host.substr(0, host.find(':'));
  absl::ConsumeSuffix(&name, ".");
  absl::string_view last = name.substr(name.rfind('.') + 1);
  const bool is_hex = absl::ConsumePrefix(&last, "0x");
  const bool is_number =
      (is_hex || !last.empty()) && std::all_of(last.begin(), last.end(), [is_hex](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return is_hex ? absl::ascii_isxdigit(byte) : absl::ascii_isdigit(byte);
      });
  in_addr address;
  return is_number && ::inet_pton(AF_INET, std::string(name).c_str(), &address) != 1;
}

// The URL Standard reads `C|` as the drive `C:`.
bool IsOddDrive(absl::string_view path) {
  const size_t first = std::min(path.find_first_not_of('/'), path.size());
  const absl::string_view drive = path.substr(first, 2);
  return drive.size() == 2 && absl::ascii_isalpha(static_cast<unsigned char>(drive[0])) &&
         drive[1] == '|';
}

}  // namespace

bool ReadsAlike(absl::string_view uri) {
  const std::string text = Clean(uri);
  const size_t colon = SchemeLength(text);
  if (colon == absl::string_view::npos) {
    return true;
  }
  const bool is_file = absl::EqualsIgnoreCase(absl::string_view(text).substr(0, colon), "file");
  absl::string_view rest = absl::string_view(text).substr(colon + 1);
  const absl::string_view whole = rest;
  rest = rest.substr(0, rest.find_first_of("?#"));
  // Readers of files may take all of it for a path, query and fragment too.
  const std::string decoded = DecodeBytes(is_file ? whole : rest);
  for (const absl::string_view segment : absl::StrSplit(decoded, absl::ByAnyChar("/?#"))) {
    if (segment == "..") {
      return false;
    }
  }
  if (is_file && IsOddDrive(decoded)) {
    return false;
  }
  return !absl::ConsumePrefix(&rest, "//") ||
         !absl::StrContains(rest.substr(0, rest.find('/')), '\\');
}

void NormalUri(absl::string_view uri, std::string* out) {
  const std::string text = Clean(uri);
  const size_t colon = SchemeLength(text);
  if (colon == absl::string_view::npos) {
    out->assign(uri.data(), uri.size());
    return;
  }
  const std::string scheme = absl::AsciiStrToLower(absl::string_view(text).substr(0, colon));
  const std::string spelt = Spell(absl::string_view(text).substr(colon + 1));
  absl::string_view rest = spelt;
  const WebScheme* const web = FindWebScheme(scheme);
  const bool is_file = scheme == "file";

  const size_t tail_at = std::min(rest.find_first_of("?#"), rest.size());
  const absl::string_view tail = is_file ? "" : rest.substr(tail_at);
  rest = rest.substr(0, tail_at);

  *out = absl::StrCat(scheme, ":");
  if (web != nullptr) {
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
  }
  if (web != nullptr || absl::ConsumePrefix(&rest, "//")) {
    const size_t path_at = std::min(rest.find('/'), rest.size());
    absl::StrAppend(out, "//", NormalAuthority(rest.substr(0, path_at), web, is_file));
    rest = rest.substr(path_at);
  } else if (is_file) {
    absl::StrAppend(out, "//", absl::StartsWith(rest, "/") ? "" : "/");
  }
  const std::string path =
      WithoutDotSegments(rest, is_file ? EmptySegments::kDrop : EmptySegments::kKeep);
  absl::StrAppend(out, path, path.empty() && web != nullptr ? "/" : "", tail);
}

PlainForm PlainUri(absl::string_view normal, std::string* out) {
  out->assign(normal.data(), normal.size());
  const size_t colon = SchemeLength(normal);
  if (colon == absl::string_view::npos) {
    return PlainForm::kSame;
  }
  const absl::string_view scheme = normal.substr(0, colon);
  absl::string_view rest = normal.substr(colon + 1);
  const size_t tail_at = std::min(rest.find_first_of("?#"), rest.size());
  const absl::string_view tail = rest.substr(tail_at);
  rest = rest.substr(0, tail_at);
  bool moved = false;
  std::string authority;
  if (absl::ConsumePrefix(&rest, "//")) {
    const size_t path_at = std::min(rest.find('/'), rest.size());
    const absl::string_view given = rest.substr(0, path_at);
    rest = rest.substr(path_at);
    if (FindWebScheme(scheme) != nullptr &&
        (absl::StrContains(HostOf(given), '%') || IsOddAddress(HostOf(given)))) {
      return PlainForm::kUnreadable;
    }
    authority = absl::StrCat(
        "//", scheme == "file" ? "" : PlainHost(absl::AsciiStrToLower(HostOf(given)), scheme));
    moved = authority.size() != given.size() + 2;
  }
  const std::string decoded = Decode(rest);
  moved = moved || std::count(decoded.begin(), decoded.end(), '/') !=
                       std::count(rest.begin(), rest.end(), '/');
  const EmptySegments empty = scheme == "file" ? EmptySegments::kDrop : EmptySegments::kKeep;
  std::string path = WithoutDotSegments(decoded, empty);
  if (scheme == "file" && path.size() > 1 && path.back() == '/') {
    path.pop_back();  // to the file system it is the same name
  }
  *out = absl::StrCat(scheme, ":", authority, path, tail);
  if (moved) {
    return PlainForm::kMoved;
  }
  return *out == normal ? PlainForm::kSame : PlainForm::kDecoded;
}

const char* AppendFurtherForms(absl::string_view uri, std::vector<ResourceForm>* forms) {
  if (!ReadsAlike(uri)) {
    return "\"uri\" has a segment `..`, a backslash in its authority, or a drive with `|`";
  }
  std::string normal;
  NormalUri(uri, &normal);
  if (normal != uri) {
    forms->push_back({normal, IsSpelling(uri, normal) ? Need::kNotDenied : Need::kAllowed});
  }
  std::string plain;
  const PlainForm form = PlainUri(normal, &plain);
  if (form == PlainForm::kUnreadable) {
    return "the host of \"uri\" is not plain ASCII, or an address in unusual numbers";
  }
  if (form != PlainForm::kSame && plain != uri) {
    forms->push_back({plain, form == PlainForm::kMoved ? Need::kAllowed : Need::kNotDenied});
  }
  return nullptr;
}

}  // namespace ostiary::sidecar
