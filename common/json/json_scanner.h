// JsonScanner: the one pass over a text that fills a JsonDocument. Lives for one Parse. Iterative:
// a container that is open keeps the way back to its parent in its own node, so depth costs no
// stack, and a document that has grown to its messages allocates nothing.
//
// json_scanner.cc has what nearly every text needs, so that it becomes one loop; what is rare
// (escapes, UTF-8, errors) is called from there and stands in json_scanner_rare.cc.
#ifndef OSTIARY_COMMON_JSON_JSON_SCANNER_H_
#define OSTIARY_COMMON_JSON_JSON_SCANNER_H_

#include <cstddef>
#include <cstdint>

#include "absl/base/attributes.h"
#include "absl/strings/string_view.h"
#include "common/json/json_document.h"

namespace ostiary {

class JsonScanner {
 public:
  // Reads document->text_ into document->nodes_. `pieces` is nullptr where nothing is handed out.
  JsonScanner(const JsonLimits& limits, const JsonPieces* pieces, JsonDocument* document);

  // Returns false where the text is not legal; document->error_ then says why.
  bool Scan();

 private:
  using Node = JsonDocument::Node;

  // Each of these reads what starts at `p` and returns the place behind it, or, having set the
  // error, nullptr.
  const char* Text(const char* p);
  // From behind a value, or behind the opening of a container, to the next value: over commas, keys
  // and the ends of containers. Behind the last value, that is where no container is open, it is
  // `p`.
  const char* NextValue(const char* p);
  const char* Value(const char* p, uint32_t last);
  const char* Key(const char* p);
  const char* String(const char* p, uint32_t last);
  // From the first byte of a string that is not plain to its end quote.
  const char* RestOfString(const char* p, const char* string_begin, Node* node);
  const char* Escape(const char* p, Node* node);
  const char* UnicodeEscape(const char* p, Node* node);
  const char* Number(const char* p, uint32_t last);
  const char* Fraction(const char* p);
  const char* Digits(const char* p, absl::string_view where);
  const char* Literal(const char* p, absl::string_view word, JsonType type, uint32_t last);
  const char* Open(const char* p, JsonType type, uint32_t last);
  const char* Close(const char* p);

  // Behind each value, where there are pieces: hands out the member that is complete, if one is.
  void HandOut();
  // Whether the container that was opened just now is the one whose members are handed out.
  bool OpenedPieces();

  const char* SkipBlanks(const char* p);
  const char* SkipManyBlanks(const char* p);
  Node* AddNode() {
    if (size_ == capacity_) Grow();
    return &nodes_[size_++];
  }
  void Grow();
  // Adds a value without children.
  void AddLeaf(const char* begin, const char* end, JsonType type, uint32_t last);
  uint32_t Offset(const char* p) const { return static_cast<uint32_t>(p - begin_); }

  ABSL_ATTRIBUTE_COLD const char* Fail(const char* p, std::string message);
  ABSL_ATTRIBUTE_COLD const char* FailExpected(const char* p, absl::string_view expected);
  ABSL_ATTRIBUTE_COLD const char* FailInString(const char* p, const char* string_begin);
  ABSL_ATTRIBUTE_COLD const char* FailInLiteral(const char* p, absl::string_view word);
  ABSL_ATTRIBUTE_COLD const char* FailBehindValue(const char* p);
  ABSL_ATTRIBUTE_COLD const char* FailTooDeep(const char* p);
  ABSL_ATTRIBUTE_COLD const char* FailTooMany(const char* p);
  std::string Found(const char* p) const;

  const JsonLimits limits_;
  const JsonPieces* const pieces_;
  const char* const begin_;
  const char* const end_;
  JsonDocument& document_;
  Node* nodes_;  // the document's
  // All of a width that no field of a node has, so that the compiler knows that a node written
  // changes none of them.
  size_t size_ = 0;
  size_t capacity_;

  static constexpr uint32_t kMaxChildren = (uint32_t{1} << 26) - 1;

  // The innermost open container, or kNone; what its children amount to so far. While a container
  // is open, its node's `end` is the container around it; while another one is open inside, its
  // node's `size` and `next` are its children and the last of them.
  size_t open_;
  size_t children_ = 0;
  size_t last_child_ = 0;
  size_t depth_ = 0;
  bool in_object_ = false;
  char end_byte_ = ']';  // of the innermost open container
  // The container whose members are handed out, or kNone; and whether it has been looked for.
  uint32_t handed_out_;
  bool looked_for_pieces_ = false;
};

}  // namespace ostiary

#endif  // OSTIARY_COMMON_JSON_JSON_SCANNER_H_
