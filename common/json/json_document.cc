#include "common/json/json_document.h"

#include <algorithm>
#include <deque>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "common/json/json_scanner.h"
#include "common/json/json_text.h"

namespace ostiary {
namespace {

// Up to here, comparing every key with those before it is faster than a set, and allocates nothing.
constexpr size_t kMaxPairwiseKeys = 32;

// Nodes that a document may keep: 1 MB.
constexpr size_t kKeptNodes = size_t{64} << 10;

// So few bytes of a number fit into 64 bits, whatever they are.
constexpr size_t kSafeDigits = 18;

// Of a legal number of at most kSafeDigits bytes.
bool ReadShortInteger(absl::string_view number, int64_t* value) {
  const bool negative = number[0] == '-';
  int64_t digits = 0;
  for (const char c : number.substr(negative ? 1 : 0)) {
    if (c < '0' || c > '9') return false;  // a fraction or an exponent
    digits = digits * 10 + (c - '0');
  }
  *value = negative ? -digits : digits;
  return !negative || digits != 0;
}

// Equality of two decoded strings, given with their quotes.
bool SameDecoded(const JsonValue& a, const JsonValue& b) {
  if (!b.has_escapes()) {
    const absl::string_view raw = b.raw();
    return a.string_equals(raw.substr(1, raw.size() - 2));
  }
  if (!a.has_escapes()) return SameDecoded(b, a);
  JsonStringReader left(a.raw().substr(1, a.raw().size() - 2));
  JsonStringReader right(b.raw().substr(1, b.raw().size() - 2));
  absl::string_view l = left.Next();
  absl::string_view r = right.Next();
  while (!l.empty() && !r.empty()) {
    const size_t common = std::min(l.size(), r.size());
    if (l.substr(0, common) != r.substr(0, common)) return false;
    l.remove_prefix(common);
    r.remove_prefix(common);
    if (l.empty()) l = left.Next();
    if (r.empty()) r = right.Next();
  }
  return l.empty() && r.empty();
}

std::optional<JsonValue> FirstDuplicatePairwise(const JsonValue& object) {
  for (auto key = object.first_key(); key; key = key->next_key()) {
    for (auto before = object.first_key(); before->offset() != key->offset();
         before = before->next_key()) {
      if (SameDecoded(*before, *key)) return key;
    }
  }
  return std::nullopt;
}

std::optional<JsonValue> FirstDuplicateBySet(const JsonValue& object) {
  absl::flat_hash_set<absl::string_view> seen;
  seen.reserve(object.size());
  std::deque<std::string> decoded;  // does not move what it holds
  std::string unused;
  for (auto key = object.first_key(); key; key = key->next_key()) {
    std::string* const scratch = key->has_escapes() ? &decoded.emplace_back() : &unused;
    if (!seen.insert(key->string_value(scratch)).second) return key;
  }
  return std::nullopt;
}

}  // namespace

absl::string_view JsonTypeName(JsonType type) {
  switch (type) {
    case JsonType::kNull:
      return "null";
    case JsonType::kBool:
      return "a boolean";
    case JsonType::kNumber:
      return "a number";
    case JsonType::kString:
      return "a string";
    case JsonType::kArray:
      return "a list";
    case JsonType::kObject:
      return "an object";
  }
  return "an unknown value";
}

bool JsonDocument::Parse(absl::string_view text, const JsonLimits& limits,
                         const JsonPieces* pieces) {
  text_ = text;
  // One huge text must not hold its memory for ever. A text has fewer values than bytes.
  if (capacity_ > kKeptNodes && text.size() < kKeptNodes) {
    nodes_.reset();
    capacity_ = 0;
  }
  has_line_breaks_ = false;
  error_.offset = 0;
  error_.message.clear();
  return JsonScanner(limits, pieces, this).Scan();
}

bool JsonValue::ReadInt64(int64_t* value) const {
  const absl::string_view digits = raw();
  if (digits.size() <= kSafeDigits) return ReadShortInteger(digits, value);
  if (digits.find_first_of(".eE") != absl::string_view::npos) return false;
  return absl::SimpleAtoi(digits, value);
}

absl::string_view JsonValue::Decode(std::string* scratch) const {
  scratch->clear();
  JsonStringReader reader(inner());
  for (auto piece = reader.Next(); !piece.empty(); piece = reader.Next()) {
    scratch->append(piece.data(), piece.size());
  }
  return *scratch;
}

std::string JsonValue::string_copy() const {
  std::string scratch;
  if (!has_escapes()) return std::string(inner());
  string_value(&scratch);
  return scratch;
}

bool JsonValue::DecodesTo(absl::string_view text) const {
  JsonStringReader reader(inner());
  for (auto piece = reader.Next(); !piece.empty(); piece = reader.Next()) {
    if (text.substr(0, piece.size()) != piece) return false;
    text.remove_prefix(piece.size());
  }
  return text.empty();
}

std::optional<JsonValue> JsonValue::Find(absl::string_view key) const {
  for (auto k = first_key(); k; k = k->next_key()) {
    if (k->string_equals(key)) return k->member_value();
  }
  return std::nullopt;
}

std::optional<JsonValue> JsonValue::FirstDuplicateKey() const {
  return size() <= kMaxPairwiseKeys ? FirstDuplicatePairwise(*this) : FirstDuplicateBySet(*this);
}

}  // namespace ostiary
