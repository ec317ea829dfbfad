#include "common/json/json_scanner.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/json/json_text.h"

namespace ostiary {
namespace {

constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
constexpr uint32_t kMaxChildren = (uint32_t{1} << 26) - 1;
constexpr size_t kMaxBytes = size_t{kNone} - 1;

}  // namespace

JsonScanner::JsonScanner(const JsonLimits& limits, JsonDocument* document)
    : limits_(limits),
      begin_(document->text_.data()),
      end_(begin_ + document->text_.size()),
      nodes_(document->nodes_),
      error_(document->error_),
      open_(kNone) {}

bool JsonScanner::Scan() {
  const auto size = static_cast<size_t>(end_ - begin_);
  const size_t max = std::min(limits_.max_bytes, kMaxBytes);
  if (size > max) {
    Fail(begin_ + max, absl::StrCat("the text has ", size, " bytes, the limit is ", max));
    return false;
  }
  return Text(begin_) != nullptr;
}

const char* JsonScanner::Text(const char* p) {
  if (absl::StartsWith(absl::string_view(p, static_cast<size_t>(end_ - p)), "\xEF\xBB\xBF")) {
    return Fail(p, "expected a value, found a byte order mark; write the text as UTF-8 without it");
  }
  p = Value(SkipBlanks(p), 1);
  while (p != nullptr && open_ != kNone) p = Step(p);
  if (p == nullptr) return nullptr;
  p = SkipBlanks(p);
  if (p != end_) return FailExpected(p, "nothing but blanks after the value");
  return p;
}

const char* JsonScanner::Step(const char* p) {
  Node& container = nodes_[open_];
  const bool is_object = container.type == static_cast<uint32_t>(JsonType::kObject);
  p = SkipBlanks(p);
  if (p != end_ && *p == (is_object ? '}' : ']')) return Close(p);
  if (container.size != 0) {
    if (p == end_ || *p != ',') {
      return FailExpected(p,
                          is_object ? "',' or '}' after a member" : "',' or ']' after an element");
    }
    p = SkipBlanks(p + 1);
  }
  if (container.size == kMaxChildren) {
    return Fail(p, absl::StrCat("more than ", kMaxChildren, " elements or members in one value"));
  }
  ++container.size;
  container.next = static_cast<uint32_t>(nodes_.size());
  if (!is_object) return Value(p, 0);
  p = Key(p);
  return p == nullptr ? nullptr : Value(p, 1);
}

const char* JsonScanner::Value(const char* p, uint32_t last) {
  if (p == end_) return FailExpected(p, "a value");
  switch (*p) {
    case '"':
      return String(p, last);
    case '{':
      return Open(p, JsonType::kObject, last);
    case '[':
      return Open(p, JsonType::kArray, last);
    case 't':
      return Literal(p, "true", JsonType::kBool, last);
    case 'f':
      return Literal(p, "false", JsonType::kBool, last);
    case 'n':
      return Literal(p, "null", JsonType::kNull, last);
    default:
      if (*p == '-' || (*p >= '0' && *p <= '9')) return Number(p, last);
      return FailExpected(p, "a value");
  }
}

const char* JsonScanner::Key(const char* p) {
  if (p == end_ || *p != '"') return FailExpected(p, "a key in double quotes");
  p = String(p, 0);
  if (p == nullptr) return nullptr;
  p = SkipBlanks(p);
  if (p == end_ || *p != ':') return FailExpected(p, "':' after a key");
  return SkipBlanks(p + 1);
}

const char* JsonScanner::Open(const char* p, JsonType type, uint32_t last) {
  if (depth_ >= limits_.max_depth) {
    return Fail(p, absl::StrCat("lists and objects nest deeper than ", limits_.max_depth));
  }
  ++depth_;
  Node node{};
  node.begin = Offset(p);
  node.end = open_;
  node.last = last;
  node.type = static_cast<uint32_t>(type);
  open_ = static_cast<uint32_t>(nodes_.size());
  nodes_.push_back(node);
  return p + 1;
}

const char* JsonScanner::Close(const char* p) {
  Node& container = nodes_[open_];
  open_ = container.end;
  if (container.size != 0) nodes_[container.next].last = 1;
  container.end = Offset(p + 1);
  container.next = static_cast<uint32_t>(nodes_.size());
  --depth_;
  return p + 1;
}

const char* JsonScanner::Fail(const char* p, std::string message) {
  error_.offset = static_cast<size_t>(p - begin_);
  error_.message = std::move(message);
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
