#include "common/json/json_scanner.h"

#include <algorithm>
#include <memory>

#include "absl/base/optimization.h"

namespace ostiary {
namespace {

constexpr size_t kMaxBytes = size_t{std::numeric_limits<uint32_t>::max()} - 1;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

// A text has no more values than bytes, so this ends.
void JsonScanner::Grow(size_t nodes) {
  const uint64_t wanted = std::max(uint64_t{64}, 2 * uint64_t{capacity_});
  capacity_ = static_cast<uint32_t>(std::min(wanted, uint64_t{kNone}));
  std::unique_ptr<Node[]> larger(new Node[capacity_]);
  std::copy(nodes_, nodes_ + nodes, larger.get());
  nodes_ = larger.get();
  document_.nodes_ = std::move(larger);
  document_.capacity_ = static_cast<uint32_t>(capacity_);
}

inline size_t JsonScanner::SkipBlanks(size_t i) {
  if (ABSL_PREDICT_TRUE(i != size_ && static_cast<unsigned char>(text_[i]) > ' ')) return i;
  return SkipManyBlanks(i);
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline void JsonScanner::AddLeaf(size_t end, JsonType type,
                                                              uint32_t last, Pass* pass) {
  if (ABSL_PREDICT_FALSE(pass->nodes == capacity_)) Grow(pass->nodes);
  Node* const node = &nodes_[pass->nodes++];
  node->begin = static_cast<uint32_t>(pass->i);
  node->end = static_cast<uint32_t>(end);
  node->next = static_cast<uint32_t>(pass->nodes);
  node->size = 0;
  node->last = last;
  node->escapes = 0;
  node->lone_surrogate = 0;
  node->type = static_cast<uint32_t>(type);
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool JsonScanner::String(uint32_t last, Pass* pass) {
  // Where the text's last byte ends a container, it can be left out: no string ends there.
  const size_t size = pass->is_careful ? size_ : size_ - 1;
  size_t end = pass->plain.Skip(text_, size, pass->i + 1);
  AddLeaf(end + 1, JsonType::kString, last, pass);
  if (ABSL_PREDICT_TRUE(Is(end, '"', *pass))) {
    pass->i = end + 1;
    return true;
  }
  if (!RestOfString(&end, pass->i, &nodes_[pass->nodes - 1])) return false;
  pass->i = end;
  return true;
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool JsonScanner::Number(Pass* pass) {
  size_t i = pass->i;
  if (text_[i] == '-') ++i;
  if (Is(i, '0', *pass)) {
    ++i;
    if (IsDigitAt(i, *pass)) return FailExpected(i, "no digit after a leading 0");
  } else {
    if (!IsDigitAt(i, *pass)) return FailExpected(i, "a digit after '-'");
    do {
      ++i;
    } while (IsDigitAt(i, *pass));
  }
  if (Is(i, '.', *pass) || Is(i, 'e', *pass) || Is(i, 'E', *pass)) {
    size_t end = i;
    if (!Fraction(&end)) return false;
    i = end;
  }
  AddLeaf(i, JsonType::kNumber, pass->is_last(), pass);
  pass->i = i;
  return true;
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool JsonScanner::Literal(absl::string_view word, JsonType type,
                                                              Pass* pass) {
  size_t i = pass->i;
  for (const char c : word) {
    if (!Is(i, c, *pass)) return FailInLiteral(i, word);
    ++i;
  }
  AddLeaf(i, type, pass->is_last(), pass);
  pass->i = i;
  return true;
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool JsonScanner::Leaf(Pass* pass) {
  const char c = text_[pass->i];
  if (ABSL_PREDICT_TRUE(c == '"')) return String(pass->is_last(), pass);
  if (IsDigit(c) || c == '-') return Number(pass);
  if (c == 't') return Literal("true", JsonType::kBool, pass);
  if (c == 'f') return Literal("false", JsonType::kBool, pass);
  if (c == 'n') return Literal("null", JsonType::kNull, pass);
  return FailExpected(pass->i, "a value");
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool JsonScanner::Open(JsonType type, Pass* pass) {
  if (ABSL_PREDICT_FALSE(depth_ >= limits_.max_depth)) return FailTooDeep(pass->i);
  const char end_byte = type == JsonType::kObject ? '}' : ']';
  const size_t first = SkipBlanks(pass->i + 1);
  if (ABSL_PREDICT_FALSE(Is(first, end_byte))) {
    AddLeaf(first + 1, type, pass->is_last(), pass);
    pass->i = first + 1;
    return HasRest(*pass) && NextChild(pass);
  }
  ++depth_;
  if (pass->open != kNone) {
    nodes_[pass->open].size = pass->children;
    nodes_[pass->open].next = pass->last_child;
  }
  const auto container = static_cast<uint32_t>(pass->nodes);
  AddLeaf(pass->open, type, pass->is_last(), pass);
  pass->open = container;
  pass->children = 0;
  pass->end_byte = end_byte;
  pass->i = first;
  if (pass->is_careful && depth_ <= pieces_depth_) pass->nodes = HandOut(pass->open, pass->nodes);
  return true;
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline void JsonScanner::Close(Pass* pass) {
  Node* const container = &nodes_[pass->open];
  pass->open = container->end;
  container->end = static_cast<uint32_t>(++pass->i);
  container->next = static_cast<uint32_t>(pass->nodes);
  container->size = pass->children;
  nodes_[pass->last_child].last = 1;
  --depth_;
  if (pass->open == kNone) return;
  const Node& parent = nodes_[pass->open];
  pass->children = parent.size;
  pass->last_child = parent.next;
  pass->end_byte = parent.type == static_cast<uint32_t>(JsonType::kObject) ? '}' : ']';
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool JsonScanner::HasRest(const Pass& pass) {
  if (ABSL_PREDICT_TRUE(pass.i != size_) || pass.open == kNone) return true;
  return FailBehindValue(pass.i, pass.end_byte);
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool JsonScanner::NextChild(Pass* pass) {
  while (ABSL_PREDICT_TRUE(pass->open != kNone)) {
    if (pass->is_careful && depth_ <= pieces_depth_) pass->nodes = HandOut(pass->open, pass->nodes);
    if (Is(pass->i, ',', *pass)) {
      ++pass->i;
      return true;
    }
    if (ABSL_PREDICT_FALSE(!Is(pass->i, pass->end_byte, *pass))) {
      pass->i = SkipManyBlanks(pass->i);
      if (Is(pass->i, ',')) continue;
      if (!Is(pass->i, pass->end_byte)) return FailBehindValue(pass->i, pass->end_byte);
    }
    Close(pass);
    if (!HasRest(*pass)) return false;
  }
  return true;
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool JsonScanner::Value(Pass* pass) {
  if (ABSL_PREDICT_FALSE(IsBlankOrEnd(pass->i, *pass))) {
    pass->i = SkipManyBlanks(pass->i);
    if (pass->i == size_) return FailExpected(pass->i, "a value");
  }
  const char c = text_[pass->i];
  if (c == '{') return Open(JsonType::kObject, pass);
  if (c == '[') return Open(JsonType::kArray, pass);
  return Leaf(pass) && NextChild(pass);
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool JsonScanner::Key(Pass* pass) {
  if (ABSL_PREDICT_FALSE(!Is(pass->i, '"', *pass))) {
    pass->i = SkipManyBlanks(pass->i);
    if (!Is(pass->i, '"')) return FailExpected(pass->i, "a key in double quotes");
  }
  if (ABSL_PREDICT_FALSE(!String(0, pass))) return false;
  if (ABSL_PREDICT_FALSE(!Is(pass->i, ':', *pass))) {
    pass->i = SkipManyBlanks(pass->i);
    if (!Is(pass->i, ':')) return FailExpected(pass->i, "':' after a key");
  }
  ++pass->i;
  return true;
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool JsonScanner::Child(Pass* pass) {
  if (ABSL_PREDICT_FALSE(pass->children == kMaxChildren))
    return FailTooMany(SkipManyBlanks(pass->i));
  ++pass->children;
  pass->last_child = static_cast<uint32_t>(pass->nodes);
  return pass->end_byte != '}' || Key(pass);
}

template <bool kCareful>
bool JsonScanner::Values(size_t* i) {
  Pass pass = {.is_careful = kCareful, .i = *i};
  while (true) {
    if (ABSL_PREDICT_FALSE(!Value(&pass))) return false;
    if (ABSL_PREDICT_FALSE(pass.open == kNone)) break;
    if (ABSL_PREDICT_FALSE(!Child(&pass))) return false;
  }
  *i = pass.i;
  return true;
}

bool JsonScanner::Scan() {
  const size_t max = std::min(limits_.max_bytes, kMaxBytes);
  if (size_ > max) return FailTooLong(max);
  size_t i = 0;
  const bool ends_container = size_ != 0 && (text_[size_ - 1] == '}' || text_[size_ - 1] == ']');
  const bool is_careful = !ends_container || pieces_ != nullptr;
  if (!(is_careful ? Values<true>(&i) : Values<false>(&i))) return false;
  i = SkipBlanks(i);
  if (i != size_) return FailExpected(i, "nothing but blanks after the value");
  return true;
}

}  // namespace ostiary
