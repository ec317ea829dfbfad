// JsonScanner: the one pass over a text that fills a JsonDocument. Lives for one Parse. Iterative:
// a container that is open keeps the way back to its parent in its own node, so depth costs no
// stack, and a document that has grown to its messages allocates nothing.
//
// json_scanner.cc has what nearly every text needs, so that it becomes one loop without calls; what
// is rare (escapes, UTF-8, blanks, errors) is called from there and stands in json_scanner_rare.cc.
#ifndef OSTIARY_COMMON_JSON_JSON_SCANNER_H_
#define OSTIARY_COMMON_JSON_JSON_SCANNER_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "absl/base/attributes.h"
#include "absl/strings/string_view.h"
#include "common/json/json_document.h"
#include "common/json/json_text.h"

namespace ostiary {

class JsonScanner {
 public:
  // Reads document->text_ into document->nodes_. `pieces` is nullptr where nothing is handed out.
  JsonScanner(const JsonLimits& limits, const JsonPieces* pieces, JsonDocument* document)
      : limits_(limits),
        pieces_(pieces),
        pieces_depth_(pieces == nullptr ? 0 : kPiecesDepth),
        text_(document->text_.data()),
        size_(document->text_.size()),
        document_(*document),
        nodes_(document->nodes_.get()),
        capacity_(document->capacity_) {}

  // Returns false where the text is not legal; document->error_ then says why.
  bool Scan();

 private:
  using Node = JsonDocument::Node;

  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
  static constexpr uint32_t kMaxChildren = (uint32_t{1} << 26) - 1;

  // How far the pass is. It lives where the loop does and is seen by nothing that is called from
  // there, so the compiler keeps it in registers.
  struct Pass {
    // Whether to look for the end of the text before each byte, and to hand out pieces. Known to
    // the compiler: without it, no byte is read behind one that ends a container but where that
    // was read as such an end.
    const bool is_careful;
    size_t i;  // the next byte
    size_t nodes = 0;
    // The innermost open container, or kNone; what its children amount to so far. While a container
    // is open, its node's `end` is the container around it; while another one is open inside, its
    // node's `size` and `next` are its children and the last of them.
    uint32_t open = kNone;
    uint32_t children = 0;
    uint32_t last_child = 0;
    // Of the innermost open container. A member's value is the last in what contains it, and so is
    // the outermost value.
    char end_byte = '}';
    uint32_t is_last() const { return end_byte == '}' ? 1 : 0; }
    PlainJsonBytes plain = {};
  };

  // Each of these reads what starts at pass->i and leaves that behind it, or, having set the error,
  // returns false.
  //
  // The outermost value. Must be careful but where the text's last byte ends a container.
  template <bool kCareful>
  bool Values(size_t* i);
  // A value that is no container, or an empty one, and to the next child; or the opening of a
  // container, to its first child.
  bool Value(Pass* pass);
  bool Leaf(Pass* pass);
  // From behind a value to the next child: over a comma and the ends of containers. Behind the
  // outermost value, where none is open, it stays.
  bool NextChild(Pass* pass);
  // Behind the end of a container: whether more may follow.
  bool HasRest(const Pass& pass);
  // Where an element or a member is due: to its value.
  bool Child(Pass* pass);
  bool Key(Pass* pass);
  bool String(uint32_t last, Pass* pass);
  bool Number(Pass* pass);
  bool Literal(absl::string_view word, JsonType type, Pass* pass);
  bool Open(JsonType type, Pass* pass);
  void Close(Pass* pass);

  // What is rare. Each of these reads what starts at `*i` and moves that behind it, or, having set
  // the error, returns false.
  // From the first byte of a string that is not plain to behind its end quote.
  bool RestOfString(size_t* i, size_t string_begin, Node* node);
  bool Escape(size_t* i, Node* node);
  bool UnicodeEscape(size_t* i, Node* node);
  bool Fraction(size_t* i);
  bool Digits(size_t* i, absl::string_view where);

  // Behind each value that is not inside a piece: hands out the member that is complete, if one is.
  // Returns how many nodes are left of so many.
  size_t HandOut(uint32_t open, size_t nodes);
  // Whether the container that was opened just now is the one whose members are handed out.
  bool OpenedPieces(uint32_t open, size_t nodes);

  // Whether the byte at `i` is `c`; false at the end.
  bool Is(size_t i, char c) const { return i != size_ && text_[i] == c; }
  // The same where the pass, if it is not careful, cannot be at the end.
  bool Is(size_t i, char c, const Pass& pass) const {
    return !(pass.is_careful && i == size_) && text_[i] == c;
  }
  bool IsDigitAt(size_t i, const Pass& pass) const {
    return !(pass.is_careful && i == size_) && text_[i] >= '0' && text_[i] <= '9';
  }
  bool IsBlankOrEnd(size_t i, const Pass& pass) const {
    return (pass.is_careful && i == size_) || static_cast<unsigned char>(text_[i]) <= ' ';
  }
  // The first byte at or behind `i` that is no blank, or the end.
  size_t SkipBlanks(size_t i);
  size_t SkipManyBlanks(size_t i);
  // Makes room behind so many nodes.
  void Grow(size_t nodes);
  // Adds a value without children that starts at pass->i.
  void AddLeaf(size_t end, JsonType type, uint32_t last, Pass* pass);

  // These set the error and return false.
  ABSL_ATTRIBUTE_COLD bool Fail(size_t i, std::string message);
  ABSL_ATTRIBUTE_COLD bool FailExpected(size_t i, absl::string_view expected);
  ABSL_ATTRIBUTE_COLD bool FailInString(size_t i, size_t string_begin);
  ABSL_ATTRIBUTE_COLD bool FailInLiteral(size_t i, absl::string_view word);
  ABSL_ATTRIBUTE_COLD bool FailBehindValue(size_t i, char end_byte);
  ABSL_ATTRIBUTE_COLD bool FailTooLong(size_t max);
  ABSL_ATTRIBUTE_COLD bool FailTooDeep(size_t i);
  ABSL_ATTRIBUTE_COLD bool FailTooMany(size_t i);
  std::string Found(size_t i) const;

  const JsonLimits limits_;
  // How many containers are open around a piece.
  static constexpr uint32_t kPiecesDepth = 2;
  const JsonPieces* const pieces_;
  const uint32_t pieces_depth_;  // that, or 0 where there are none
  const char* const text_;
  const size_t size_;
  JsonDocument& document_;
  Node* nodes_;  // the document's
  // All of a width that no field of a node has, so that the compiler knows that a node written
  // changes none of them.
  size_t capacity_;
  uint32_t depth_ = 0;  // of open containers
  // The container whose members are handed out, or kNone; and whether it has been looked for.
  uint32_t handed_out_ = kNone;
  bool looked_for_pieces_ = false;
};

}  // namespace ostiary

#endif  // OSTIARY_COMMON_JSON_JSON_SCANNER_H_
