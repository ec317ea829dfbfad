// What few texts need of JsonScanner: escapes, UTF-8, fractions, many blanks, pieces, and errors.
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/json/json_scanner.h"
#include "common/json/json_text.h"

namespace ostiary {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

}  // namespace

size_t JsonScanner::SkipManyBlanks(size_t i) {
  for (; i != size_; ++i) {
    const char c = text_[i];
    if (c == '\n' || c == '\r') {
      document_.has_line_breaks_ = true;
    } else if (c != ' ' && c != '\t') {
      break;
    }
  }
  return i;
}

inline bool JsonScanner::UnicodeEscape(size_t* i, Node* node) {
  const auto hex4 = [this](size_t at) { return size_ - at < 4 ? -1 : ParseHex4(text_ + at); };
  const int32_t unit = hex4(*i);
  if (unit < 0) {
    size_t at = *i;
    while (at != size_ && IsHexDigit(text_[at])) ++at;
    return FailExpected(at, "four hex digits after \\u");
  }
  *i += 4;
  if (IsLowSurrogate(static_cast<uint32_t>(unit))) node->lone_surrogate = 1;
  if (!IsHighSurrogate(static_cast<uint32_t>(unit))) return true;
  if (size_ - *i >= 2 && text_[*i] == '\\' && text_[*i + 1] == 'u') {
    const int32_t low = hex4(*i + 2);
    if (low >= 0 && IsLowSurrogate(static_cast<uint32_t>(low))) {
      *i += 6;
      return true;
    }
  }
  node->lone_surrogate = 1;
  return true;
}

inline bool JsonScanner::Escape(size_t* i, Node* node) {
  node->escapes = 1;
  ++*i;
  if (*i != size_) {
    switch (text_[*i]) {
      case '"':
      case '\\':
      case '/':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't':
        ++*i;
        return true;
      case 'u':
        ++*i;
        return UnicodeEscape(i, node);
      default:
        break;
    }
  }
  return FailExpected(*i, "one of \" \\ / b f n r t u after a backslash");
}

bool JsonScanner::RestOfString(size_t* i, size_t string_begin, Node* node) {
  const char* const end = text_ + size_;
  size_t at = *i;
  for (;; at = static_cast<size_t>(SkipPlainJson(text_ + at, end) - text_)) {
    if (at == size_) return FailInString(at, string_begin);
    if (text_[at] == '"') break;
    if (text_[at] == '\\') {
      if (!Escape(&at, node)) return false;
      continue;
    }
    // Few languages write one such character alone.
    while (at != size_ && static_cast<signed char>(text_[at]) < 0) {
      const size_t length = Utf8SequenceLength(text_ + at, end);
      if (length == 0) return FailInString(at, string_begin);
      at += length;
    }
    if (at != size_ && static_cast<unsigned char>(text_[at]) < 0x20) {
      return FailInString(at, string_begin);
    }
  }
  *i = at + 1;
  node->end = static_cast<uint32_t>(*i);
  return true;
}

bool JsonScanner::Fraction(size_t* i) {
  if (Is(*i, '.')) {
    ++*i;
    if (!Digits(i, "after '.'")) return false;
  }
  if (!Is(*i, 'e') && !Is(*i, 'E')) return true;
  ++*i;
  if (Is(*i, '+') || Is(*i, '-')) ++*i;
  return Digits(i, "in the exponent");
}

bool JsonScanner::Digits(size_t* i, absl::string_view where) {
  size_t at = *i;
  while (at != size_ && IsDigit(text_[at])) ++at;
  if (at == *i) return FailExpected(at, absl::StrCat("a digit ", where));
  *i = at;
  return true;
}

bool JsonScanner::Fail(size_t i, std::string message) {
  document_.error_.offset = i;
  document_.error_.message = std::move(message);
  return false;
}

bool JsonScanner::FailExpected(size_t i, absl::string_view expected) {
  if (i == 0 && absl::StartsWith(absl::string_view(text_, size_), "\xEF\xBB\xBF")) {
    return Fail(0, "expected a value, found a byte order mark; write the text as UTF-8 without it");
  }
  return Fail(i, absl::StrCat("expected ", expected, ", found ", Found(i)));
}

bool JsonScanner::FailInString(size_t i, size_t string_begin) {
  if (i == size_) {
    return FailExpected(
        i, absl::StrCat("'\"' to end the string that starts at offset ", string_begin));
  }
  if (static_cast<signed char>(text_[i]) < 0) return FailExpected(i, "valid UTF-8 in a string");
  return FailExpected(i, "control characters in a string to be written as escapes");
}

bool JsonScanner::FailInLiteral(size_t i, absl::string_view word) {
  return FailExpected(i, absl::StrCat("all of '", word, "'"));
}

bool JsonScanner::FailBehindValue(size_t i, char end_byte) {
  return FailExpected(
      i, end_byte == '}' ? "',' or '}' after a member" : "',' or ']' after an element");
}

bool JsonScanner::FailTooLong(size_t max) {
  return Fail(max, absl::StrCat("the text has ", size_, " bytes, the limit is ", max));
}

bool JsonScanner::FailTooDeep(size_t i) {
  return Fail(i, absl::StrCat("lists and objects nest deeper than ", limits_.max_depth));
}

bool JsonScanner::FailTooMany(size_t i) {
  return Fail(i, absl::StrCat("more than ", kMaxChildren, " elements or members in one value"));
}

std::string JsonScanner::Found(size_t i) const {
  if (i == size_) return "the end of the text";
  switch (text_[i]) {
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
  const size_t length = text_[i] < 0x20 && static_cast<signed char>(text_[i]) >= 0
                            ? 0
                            : Utf8SequenceLength(text_ + i, text_ + size_);
  if (length != 0 && text_[i] != 0x7F) {
    return absl::StrCat("'", absl::string_view(text_ + i, length), "'");
  }
  return absl::StrCat("the byte 0x", absl::Hex(static_cast<uint8_t>(text_[i]), absl::kZeroPad2));
}

size_t JsonScanner::HandOut(uint32_t open, size_t nodes) {
  if (handed_out_ == kNone) {
    if (OpenedPieces(open, nodes)) handed_out_ = open;
    return nodes;
  }
  // Behind the container stands, once its value is complete, one member.
  const uint32_t key = handed_out_ + 1;
  if (open != handed_out_) {
    if (nodes == key) nodes_[handed_out_].size = 0;  // it was closed just now
  } else if (nodes > key) {
    nodes_[key].last = 1;
    pieces_->visit(JsonValue(&document_, key));
    return key;
  }
  return nodes;
}

bool JsonScanner::OpenedPieces(uint32_t open, size_t nodes) {
  // Only the outermost has nothing around it.
  if (looked_for_pieces_ || open == 0 || open + 1 != nodes || nodes_[open].end != 0) return false;
  const auto is_object = [this](uint32_t node) {
    return nodes_[node].type == static_cast<uint32_t>(JsonType::kObject);
  };
  const auto has_key = [this](uint32_t key) {
    return JsonValue(&document_, key).string_equals(pieces_->key);
  };
  if (!is_object(0) || !is_object(open) || !has_key(open - 1)) return false;
  looked_for_pieces_ = true;
  for (uint32_t key = 1; key != open - 1; key = nodes_[key + 1].next) {
    if (has_key(key)) return false;
  }
  return true;
}

}  // namespace ostiary
