// MessageId and StoredId: the id of a JSON-RPC message, as a view of its line and as a key to keep.
//
// An id is a string or an integer; "1" is not 1. Two ids are the same if their decoded values are.
#ifndef OSTIARY_SIDECAR_CORE_MESSAGE_ID_H_
#define OSTIARY_SIDECAR_CORE_MESSAGE_ID_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "common/json/json_document.h"

namespace ostiary::sidecar {

// Integers beyond this are not read alike by all peers (JavaScript's doubles).
inline constexpr int64_t kMaxIdNumber = (int64_t{1} << 53) - 1;
// Ids are kept while their request is open, so their size is bounded. Real ones have up to 36
// bytes.
inline constexpr size_t kMaxIdBytes = 1024;

enum class IdKind : uint8_t { kNone, kInteger, kString };

// Valid while the line that it was read from is, and until its reader reads the next.
struct MessageId {
  IdKind kind = IdKind::kNone;
  int64_t number = 0;
  absl::string_view text;  // decoded, for kString
  absl::string_view raw;   // as it came, for answers; "null" for kNone
};

// As JSON, without regard to `raw`: "null" for kNone.
std::string IdAsJson(const MessageId& id);
void AppendIdAsJson(const MessageId& id, std::string* out);

// An id of its own memory; short ones (UUIDs too) need none from the heap.
class StoredId {
 public:
  StoredId() = default;
  explicit StoredId(const MessageId& id)
      : kind_(id.kind), number_(id.number), text_(id.text.begin(), id.text.end()) {}

  IdKind kind() const { return kind_; }
  int64_t number() const { return number_; }
  absl::string_view text() const { return {text_.data(), text_.size()}; }
  std::string json() const;
  // A view of this id; `raw` is not set.
  MessageId view() const { return {kind_, number_, text(), {}}; }

 private:
  IdKind kind_ = IdKind::kNone;
  int64_t number_ = 0;
  absl::InlinedVector<char, 40> text_;
};

// Reads an id into `*id`. False, and `*id` as it was, where it is not one that every peer reads
// alike. `*scratch` holds the text of a string with escapes.
bool ReadId(const JsonValue& value, std::string* scratch, MessageId* id);

// Hash and equality for tables keyed by StoredId and searched by MessageId.
struct IdHash {
  using is_transparent = void;
  size_t operator()(const MessageId& id) const {
    return id.kind == IdKind::kString ? absl::Hash<absl::string_view>()(id.text)
                                      : absl::Hash<int64_t>()(id.number);
  }
  size_t operator()(const StoredId& id) const { return (*this)(id.view()); }
};
struct IdEq {
  using is_transparent = void;
  static const MessageId& View(const MessageId& id) { return id; }
  static MessageId View(const StoredId& id) { return id.view(); }
  template <typename A, typename B>
  bool operator()(const A& a, const B& b) const {
    const MessageId& x = View(a);
    const MessageId& y = View(b);
    if (x.kind != y.kind) return false;
    return x.kind == IdKind::kString ? x.text == y.text : x.number == y.number;
  }
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_MESSAGE_ID_H_
