#include "common/json/json_scanner.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "absl/base/optimization.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/json/json_text.h"

namespace ostiary {
namespace {

constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
constexpr size_t kMaxBytes = size_t{kNone} - 1;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

JsonScanner::JsonScanner(const JsonLimits& limits, const JsonPieces* pieces, JsonDocument* document)
    : limits_(limits),
      pieces_(pieces),
      begin_(document->text_.data()),
      end_(begin_ + document->text_.size()),
      document_(*document),
      nodes_(document->nodes_.get()),
      capacity_(document->capacity_),
      open_(kNone),
      handed_out_(kNone) {}

bool JsonScanner::Scan() {
  const auto size = static_cast<size_t>(end_ - begin_);
  const size_t max = std::min(limits_.max_bytes, kMaxBytes);
  if (size > max) {
    Fail(begin_ + max, absl::StrCat("the text has ", size, " bytes, the limit is ", max));
    return false;
  }
  return Text(begin_) != nullptr;
}

// A text has no more values than bytes, so this ends.
void JsonScanner::Grow() {
  const uint64_t wanted = std::max(uint64_t{64}, 2 * uint64_t{capacity_});
  capacity_ = static_cast<uint32_t>(std::min(wanted, uint64_t{kNone}));
  std::unique_ptr<Node[]> larger(new Node[capacity_]);
  std::copy(nodes_, nodes_ + size_, larger.get());
  nodes_ = larger.get();
  document_.nodes_ = std::move(larger);
  document_.capacity_ = capacity_;
}

inline const char* JsonScanner::SkipBlanks(const char* p) {
  if (ABSL_PREDICT_TRUE(p != end_ && static_cast<unsigned char>(*p) > ' ')) return p;
  return SkipManyBlanks(p);
}

inline void JsonScanner::AddLeaf(const char* begin, const char* end, JsonType type, uint32_t last) {
  Node node{};
  node.begin = Offset(begin);
  node.end = Offset(end);
  node.next = static_cast<uint32_t>(size_) + 1;
  node.last = last;
  node.type = static_cast<uint32_t>(type);
  *AddNode() = node;
}

inline const char* JsonScanner::String(const char* p, uint32_t last) {
  const char* const string_begin = p;
  p = SkipPlainJson(p + 1, end_);
  if (ABSL_PREDICT_TRUE(p != end_ && *p == '"')) {
    AddLeaf(string_begin, p + 1, JsonType::kString, last);
    return p + 1;
  }
  Node node{};
  p = RestOfString(p, string_begin, &node);
  if (p == nullptr) return nullptr;
  node.begin = Offset(string_begin);
  node.end = Offset(p);
  node.next = static_cast<uint32_t>(size_) + 1;
  node.last = last;
  node.type = static_cast<uint32_t>(JsonType::kString);
  *AddNode() = node;
  return p;
}

inline const char* JsonScanner::Number(const char* p, uint32_t last) {
  const char* const number_begin = p;
  if (*p == '-') ++p;
  if (p != end_ && *p == '0') {
    ++p;
    if (p != end_ && IsDigit(*p)) return FailExpected(p, "no digit after a leading 0");
  } else {
    if (p == end_ || !IsDigit(*p)) return FailExpected(p, "a digit after '-'");
    do {
      ++p;
    } while (p != end_ && IsDigit(*p));
  }
  if (p != end_ && (*p == '.' || *p == 'e' || *p == 'E')) {
    p = Fraction(p);
    if (p == nullptr) return nullptr;
  }
  AddLeaf(number_begin, p, JsonType::kNumber, last);
  return p;
}

inline const char* JsonScanner::Literal(const char* p, absl::string_view word, JsonType type,
                                        uint32_t last) {
  const char* const literal_begin = p;
  for (const char c : word) {
    if (p == end_ || *p != c) return FailInLiteral(p, word);
    ++p;
  }
  AddLeaf(literal_begin, p, type, last);
  return p;
}

inline const char* JsonScanner::Open(const char* p, JsonType type, uint32_t last) {
  if (depth_ >= limits_.max_depth) return FailTooDeep(p);
  ++depth_;
  if (open_ != kNone) {
    nodes_[open_].size = children_;
    nodes_[open_].next = last_child_;
  }
  AddLeaf(p, p, type, last);
  nodes_[size_ - 1].end = open_;
  open_ = size_ - 1;
  children_ = 0;
  in_object_ = type == JsonType::kObject;
  end_byte_ = in_object_ ? '}' : ']';
  return p + 1;
}

inline const char* JsonScanner::Close(const char* p) {
  Node& container = nodes_[open_];
  open_ = container.end;
  container.end = Offset(p + 1);
  container.next = size_;
  container.size = children_;
  if (children_ != 0) nodes_[last_child_].last = 1;
  --depth_;
  if (open_ != kNone) {
    const Node& parent = nodes_[open_];
    children_ = parent.size;
    last_child_ = parent.next;
    in_object_ = parent.type == static_cast<uint32_t>(JsonType::kObject);
    end_byte_ = in_object_ ? '}' : ']';
  }
  return p + 1;
}

inline const char* JsonScanner::Value(const char* p, uint32_t last) {
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
      if (*p == '-' || IsDigit(*p)) return Number(p, last);
      return FailExpected(p, "a value");
  }
}

inline const char* JsonScanner::Key(const char* p) {
  if (p == end_ || *p != '"') return FailExpected(p, "a key in double quotes");
  p = String(p, 0);
  if (p == nullptr) return nullptr;
  p = SkipBlanks(p);
  if (p == end_ || *p != ':') return FailExpected(p, "':' after a key");
  return SkipBlanks(p + 1);
}

inline const char* JsonScanner::NextValue(const char* p) {
  while (open_ != kNone) {
    if (ABSL_PREDICT_FALSE(pieces_ != nullptr)) HandOut();
    p = SkipBlanks(p);
    if (ABSL_PREDICT_FALSE(p == end_)) return FailBehindValue(p);
    if (*p == end_byte_) {
      p = Close(p);
      continue;
    }
    if (children_ != 0) {
      if (ABSL_PREDICT_FALSE(*p != ',')) return FailBehindValue(p);
      p = SkipBlanks(p + 1);
    }
    if (ABSL_PREDICT_FALSE(children_ == kMaxChildren)) return FailTooMany(p);
    ++children_;
    last_child_ = size_;
    return in_object_ ? Key(p) : p;
  }
  return p;
}

void JsonScanner::HandOut() {
  if (handed_out_ == kNone) {
    if (OpenedPieces()) handed_out_ = open_;
    return;
  }
  // Behind the container stands, once its value is complete, one member.
  const uint32_t key = handed_out_ + 1;
  if (open_ != handed_out_) {
    if (size_ == key) nodes_[handed_out_].size = 0;  // it was closed just now
  } else if (size_ > key) {
    nodes_[key].last = 1;
    pieces_->visit(JsonValue(&document_, key));
    size_ = key;
  }
}

bool JsonScanner::OpenedPieces() {
  const uint32_t open = open_;
  if (looked_for_pieces_ || depth_ != 2 || open + 1 != size_ || nodes_[open].end != 0) return false;
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

const char* JsonScanner::Text(const char* p) {
  if (absl::StartsWith(absl::string_view(p, static_cast<size_t>(end_ - p)), "\xEF\xBB\xBF")) {
    return Fail(p, "expected a value, found a byte order mark; write the text as UTF-8 without it");
  }
  p = SkipBlanks(p);
  uint32_t last = 1;  // in what contains it: a member's value is
  do {
    p = Value(p, last);
    if (p != nullptr) p = NextValue(p);
    if (p == nullptr) return nullptr;
    last = in_object_ ? 1 : 0;
  } while (open_ != kNone);
  p = SkipBlanks(p);
  if (p != end_) return FailExpected(p, "nothing but blanks after the value");
  return p;
}

}  // namespace ostiary
