// What few texts need of JsonScanner: escapes, UTF-8, fractions, many blanks, and errors.
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/json/json_scanner.h"
#include "common/json/json_text.h"

namespace ostiary {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

}  // namespace

const char* JsonScanner::SkipManyBlanks(const char* p) {
  while (p != end_ && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) {
    document_.has_line_breaks_ = document_.has_line_breaks_ || *p == '\n' || *p == '\r';
    ++p;
  }
  return p;
}

const char* JsonScanner::RestOfString(const char* p, const char* string_begin, Node* node) {
  for (;; p = SkipPlainJson(p, end_)) {
    if (p == end_) return FailInString(p, string_begin);
    if (*p == '"') return p + 1;
    if (*p == '\\') {
      p = Escape(p, node);
      if (p == nullptr) return nullptr;
      continue;
    }
    // Few languages write one such character alone.
    while (p != end_ && static_cast<signed char>(*p) < 0) {
      const size_t length = Utf8SequenceLength(p, end_);
      if (length == 0) return FailInString(p, string_begin);
      p += length;
    }
    if (p != end_ && static_cast<unsigned char>(*p) < 0x20) return FailInString(p, string_begin);
  }
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

const char* JsonScanner::Fraction(const char* p) {
  if (*p == '.') {
    p = Digits(p + 1, "after '.'");
    if (p == nullptr) return nullptr;
  }
  if (p != end_ && (*p == 'e' || *p == 'E')) {
    ++p;
    if (p != end_ && (*p == '+' || *p == '-')) ++p;
    p = Digits(p, "in the exponent");
  }
  return p;
}

const char* JsonScanner::Digits(const char* p, absl::string_view where) {
  if (p == end_ || !IsDigit(*p)) return FailExpected(p, absl::StrCat("a digit ", where));
  do {
    ++p;
  } while (p != end_ && IsDigit(*p));
  return p;
}

const char* JsonScanner::Fail(const char* p, std::string message) {
  document_.error_.offset = static_cast<size_t>(p - begin_);
  document_.error_.message = std::move(message);
  return nullptr;
}

const char* JsonScanner::FailExpected(const char* p, absl::string_view expected) {
  return Fail(p, absl::StrCat("expected ", expected, ", found ", Found(p)));
}

const char* JsonScanner::FailInString(const char* p, const char* string_begin) {
  if (p == end_) {
    return FailExpected(
        p, absl::StrCat("'\"' to end the string that starts at offset ", Offset(string_begin)));
  }
  if (static_cast<signed char>(*p) < 0) return FailExpected(p, "valid UTF-8 in a string");
  return FailExpected(p, "control characters in a string to be written as escapes");
}

const char* JsonScanner::FailInLiteral(const char* p, absl::string_view word) {
  return FailExpected(p, absl::StrCat("all of '", word, "'"));
}

// Where neither a comma nor the end of the container stands; the first value needs no comma.
const char* JsonScanner::FailBehindValue(const char* p) {
  if (children_ == 0) return FailExpected(p, in_object_ ? "a key in double quotes" : "a value");
  return FailExpected(p, in_object_ ? "',' or '}' after a member" : "',' or ']' after an element");
}

const char* JsonScanner::FailTooDeep(const char* p) {
  return Fail(p, absl::StrCat("lists and objects nest deeper than ", limits_.max_depth));
}

const char* JsonScanner::FailTooMany(const char* p) {
  return Fail(p, absl::StrCat("more than ", kMaxChildren, " elements or members in one value"));
}

std::string JsonScanner::Found(const char* p) const {
  if (p == end_) return "the end of the text";
  switch (*p) {
    case '\0':
      return "a NUL byte";
    case '\t':
      return "a tab";
    case '\n':
      return "a line feed";
    case '\r':
      return "a carriage return";
    case ' ':
      return "a blank";
    case '\'':
      return "a single quote";
    default:
      break;
  }
  const size_t length =
      *p < 0x20 && static_cast<signed char>(*p) >= 0 ? 0 : Utf8SequenceLength(p, end_);
  if (length != 0 && *p != 0x7F) {
    return absl::StrCat("'", absl::string_view(p, length), "'");
  }
  return absl::StrCat("the byte 0x", absl::Hex(static_cast<uint8_t>(*p), absl::kZeroPad2));
}

}  // namespace ostiary
