// JsonDocument: a strict RFC 8259 reader. One pass validates every byte of the text and leaves a
// flat table of values that point back into it, so a caller that forwards a message can forward the
// bytes as they came, and one that reports an error can say where.
//
// Stricter than RFC 8259 asks: the text must be valid UTF-8 with no byte order mark, one value with
// nothing but blanks around it, within the limits given. Looser than some readers: numbers of any
// size and precision are legal and kept as text. Duplicate keys are legal JSON, and found by
// FirstDuplicateKey where a caller must refuse them. A \u escape that is half of a surrogate pair
// is legal too, and marked (JsonValue::has_lone_surrogate).
//
// Not thread-safe while Parse runs; afterwards any number of threads may read.
#ifndef OSTIARY_COMMON_JSON_JSON_DOCUMENT_H_
#define OSTIARY_COMMON_JSON_JSON_DOCUMENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

namespace ostiary {

enum class JsonType : uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

// "null", "a boolean", "a number", "a string", "a list", "an object": for messages.
absl::string_view JsonTypeName(JsonType type);

struct JsonLimits {
  // Bytes of text. At most 2^32 - 2, since positions are 32 bits wide.
  size_t max_bytes = size_t{64} << 20;
  // Lists and objects inside one another: "[[1]]" has depth 2.
  uint32_t max_depth = 128;
};

// What is wrong with a text, and the offset of the first byte that is.
struct JsonError {
  size_t offset = 0;
  std::string message;
};

class JsonDocument;

// One value of a document: a handle, cheap to copy, valid while the document and its text are and
// until the next Parse.
class JsonValue {
 public:
  JsonType type() const;
  bool is_null() const { return type() == JsonType::kNull; }
  bool is_bool() const { return type() == JsonType::kBool; }
  bool is_number() const { return type() == JsonType::kNumber; }
  bool is_string() const { return type() == JsonType::kString; }
  bool is_array() const { return type() == JsonType::kArray; }
  bool is_object() const { return type() == JsonType::kObject; }

  // What it is a handle of: document().value(index()).
  const JsonDocument& document() const { return *document_; }
  uint32_t index() const { return index_; }

  // The value's bytes as they came (a string with its quotes), and where they start in the text.
  absl::string_view raw() const;
  size_t offset() const;

  // For kBool.
  bool bool_value() const;

  // For kNumber: the value where it is written as an integer (digits with an optional minus, no
  // "-0", fraction or exponent) and fits.
  std::optional<int64_t> int64_value() const {
    int64_t value;
    return ReadInt64(&value) ? std::optional<int64_t>(value) : std::nullopt;
  }

  // For kString (keys too).
  // True where the text between the quotes is not the value, byte for byte.
  bool has_escapes() const;
  bool has_lone_surrogate() const;
  // The value. Without escapes it is a view of the text and `*scratch` is not touched; with them it
  // is decoded into `*scratch`. A lone surrogate decodes to U+FFFD.
  absl::string_view string_value(std::string* scratch) const;
  std::string string_copy() const;
  // Equality with the decoded value, without allocating.
  bool string_equals(absl::string_view text) const;

  // For kArray and kObject: elements, or members.
  size_t size() const;

  // For kObject: the value of the first member with this key.
  std::optional<JsonValue> Find(absl::string_view key) const;
  // For kObject: the key (second occurrence) of a member whose key, decoded, occurred before.
  // Allocates only for objects of more than a few dozen members.
  std::optional<JsonValue> FirstDuplicateKey() const;

  // Iteration:
  //   for (auto e = list.first_element(); e; e = e->next_element()) …
  //   for (auto k = object.first_key(); k; k = k->next_key()) … k->member_value() …
  std::optional<JsonValue> first_element() const;
  std::optional<JsonValue> next_element() const;
  std::optional<JsonValue> first_key() const;
  std::optional<JsonValue> next_key() const;
  JsonValue member_value() const;

 private:
  friend class JsonDocument;
  friend class JsonScanner;

  // Keys and values in the order of the text, each followed by what it contains.
  struct Node {
    uint32_t begin;
    uint32_t end;
    uint32_t next;  // index behind this value and all that it contains
    uint32_t size : 26;
    uint32_t last : 1;  // nothing follows it in what contains it
    uint32_t escapes : 1;
    uint32_t lone_surrogate : 1;
    uint32_t type : 3;
  };

  JsonValue(const JsonDocument* document, uint32_t index) : document_(document), index_(index) {}
  const Node& node() const;
  bool ReadInt64(int64_t* value) const;
  absl::string_view Decode(std::string* scratch) const;
  bool DecodesTo(absl::string_view text) const;
  // A string without its quotes.
  absl::string_view inner() const;

  const JsonDocument* document_;
  uint32_t index_;
};

// For a text too large to be held as values: what is handed out during the parse and forgotten.
struct JsonPieces {
  // The member of the root object whose value, where it is an object and the first of that name, is
  // handed out member by member. The document then has it as an object without members.
  absl::string_view key;
  // Gets each member's key as soon as its value is read; what follows may still be no legal JSON.
  // The values live as long as the call.
  absl::FunctionRef<void(JsonValue)> visit;
};

class JsonDocument {
 public:
  JsonDocument() = default;
  // Values point to their document.
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  // Reads `text`, which must outlive the use of the values. Returns false and sets error() where it
  // is not legal; root() may then not be called. The memory of the last Parse is used again, so a
  // document that has grown to its messages allocates no more; what a huge one took is given back
  // with the next that is not. `pieces` are handed out meanwhile.
  bool Parse(absl::string_view text, const JsonLimits& limits = {},
             const JsonPieces* pieces = nullptr);

  // The value that is the text; only after a Parse that returned true.
  JsonValue root() const { return JsonValue(this, 0); }
  // Any value, by its JsonValue::index().
  JsonValue value(uint32_t index) const { return JsonValue(this, index); }
  const JsonError& error() const { return error_; }
  // Whether a CR or LF stands between the tokens of a legal text; inside strings none can.
  bool has_line_breaks() const { return has_line_breaks_; }
  absl::string_view text() const { return text_; }

 private:
  friend class JsonValue;
  friend class JsonScanner;

  using Node = JsonValue::Node;

  absl::string_view text_;
  // As many as ever were needed; not initialised behind those of this text.
  std::unique_ptr<Node[]> nodes_;
  uint32_t capacity_ = 0;
  bool has_line_breaks_ = false;
  JsonError error_;
};

inline const JsonValue::Node& JsonValue::node() const { return document_->nodes_[index_]; }

inline JsonType JsonValue::type() const { return static_cast<JsonType>(node().type); }

inline absl::string_view JsonValue::raw() const {
  const Node& n = node();
  return absl::string_view(document_->text_.data() + n.begin, n.end - n.begin);
}

inline size_t JsonValue::offset() const { return node().begin; }

inline bool JsonValue::bool_value() const { return document_->text_[node().begin] == 't'; }

inline bool JsonValue::has_escapes() const { return node().escapes != 0; }
inline bool JsonValue::has_lone_surrogate() const { return node().lone_surrogate != 0; }

inline absl::string_view JsonValue::inner() const {
  const Node& n = node();
  return absl::string_view(document_->text_.data() + n.begin + 1, n.end - n.begin - 2);
}

// What decodes gets a copy of the handle, so that the caller's may stay in registers.
inline absl::string_view JsonValue::string_value(std::string* scratch) const {
  return has_escapes() ? JsonValue(*this).Decode(scratch) : inner();
}

inline bool JsonValue::string_equals(absl::string_view text) const {
  return has_escapes() ? JsonValue(*this).DecodesTo(text) : inner() == text;
}

inline size_t JsonValue::size() const { return node().size; }

inline std::optional<JsonValue> JsonValue::first_element() const {
  if (node().size == 0) return std::nullopt;
  return JsonValue(document_, index_ + 1);
}

inline std::optional<JsonValue> JsonValue::next_element() const {
  if (node().last != 0) return std::nullopt;
  return JsonValue(document_, node().next);
}

inline std::optional<JsonValue> JsonValue::first_key() const { return first_element(); }

inline std::optional<JsonValue> JsonValue::next_key() const {
  if (node().last != 0) return std::nullopt;
  return JsonValue(document_, member_value().node().next);
}

inline JsonValue JsonValue::member_value() const { return JsonValue(document_, index_ + 1); }

}  // namespace ostiary

#endif  // OSTIARY_COMMON_JSON_JSON_DOCUMENT_H_
