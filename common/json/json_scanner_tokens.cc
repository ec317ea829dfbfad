// The tokens of JsonScanner: strings, numbers, literals. The structure is in json_scanner.cc.
#include "absl/strings/str_cat.h"
#include "common/json/json_scanner.h"
#include "common/json/json_text.h"

namespace ostiary {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

}  // namespace

const char* JsonScanner::String(const char* p, uint32_t last) {
  const char* const string_begin = p;
  Node node{};
  ++p;
  for (;;) {
    p = SkipPlainJson(p, end_);
    if (p == end_) return FailInString(p, string_begin);
    if (*p == '"') break;
    if (*p == '\\') {
      p = Escape(p, &node);
      if (p == nullptr) return nullptr;
      continue;
    }
    const size_t length = static_cast<signed char>(*p) < 0 ? Utf8SequenceLength(p, end_) : 0;
    if (length == 0) return FailInString(p, string_begin);
    p += length;
  }
  ++p;
  node.begin = Offset(string_begin);
  node.end = Offset(p);
  node.next = static_cast<uint32_t>(nodes_.size()) + 1;
  node.last = last;
  node.type = static_cast<uint32_t>(JsonType::kString);
  nodes_.push_back(node);
  return p;
}

const char* JsonScanner::Escape(const char* p, Node* node) {
  node->escapes = 1;
  ++p;
  if (p != end_) {
    switch (*p) {
      case '"':
      case '\\':
      case '/':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't':
        return p + 1;
      case 'u':
        return UnicodeEscape(p + 1, node);
      default:
        break;
    }
  }
  return FailExpected(p, "one of \" \\ / b f n r t u after a backslash");
}

const char* JsonScanner::UnicodeEscape(const char* p, Node* node) {
  const auto hex4 = [this](const char* at) { return end_ - at < 4 ? -1 : ParseHex4(at); };
  const int32_t unit = hex4(p);
  if (unit < 0) {
    while (p != end_ && IsHexDigit(*p)) ++p;
    return FailExpected(p, "four hex digits after \\u");
  }
  p += 4;
  if (IsLowSurrogate(static_cast<uint32_t>(unit))) node->lone_surrogate = 1;
  if (!IsHighSurrogate(static_cast<uint32_t>(unit))) return p;
  if (end_ - p >= 2 && p[0] == '\\' && p[1] == 'u') {
    const int32_t low = hex4(p + 2);
    if (low >= 0 && IsLowSurrogate(static_cast<uint32_t>(low))) return p + 6;
  }
  node->lone_surrogate = 1;
  return p;
}

const char* JsonScanner::Number(const char* p, uint32_t last) {
  const char* const number_begin = p;
  if (*p == '-') ++p;
  if (p != end_ && *p == '0') {
    ++p;
    if (p != end_ && IsDigit(*p)) return FailExpected(p, "no digit after a leading 0");
  } else {
    p = Digits(p, "after '-'");
    if (p == nullptr) return nullptr;
  }
  if (p != end_ && *p == '.') {
    p = Digits(p + 1, "after '.'");
    if (p == nullptr) return nullptr;
  }
  if (p != end_ && (*p == 'e' || *p == 'E')) {
    ++p;
    if (p != end_ && (*p == '+' || *p == '-')) ++p;
    p = Digits(p, "in the exponent");
    if (p == nullptr) return nullptr;
  }
  AddLeaf(number_begin, p, JsonType::kNumber, last);
  return p;
}

const char* JsonScanner::Digits(const char* p, absl::string_view where) {
  if (p == end_ || !IsDigit(*p)) return FailExpected(p, absl::StrCat("a digit ", where));
  do {
    ++p;
  } while (p != end_ && IsDigit(*p));
  return p;
}

const char* JsonScanner::Literal(const char* p, absl::string_view word, JsonType type,
                                 uint32_t last) {
  const char* const literal_begin = p;
  for (const char c : word) {
    if (p == end_ || *p != c) return FailExpected(p, absl::StrCat("all of '", word, "'"));
    ++p;
  }
  AddLeaf(literal_begin, p, type, last);
  return p;
}

void JsonScanner::AddLeaf(const char* begin, const char* end, JsonType type, uint32_t last) {
  Node node{};
  node.begin = Offset(begin);
  node.end = Offset(end);
  node.next = static_cast<uint32_t>(nodes_.size()) + 1;
  node.last = last;
  node.type = static_cast<uint32_t>(type);
  nodes_.push_back(node);
}

}  // namespace ostiary
