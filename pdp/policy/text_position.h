// LineIndex: from a byte's offset in a text to its line and column.
//
// Immutable; any thread may read it. It keeps four bytes per line and not the text.
#ifndef OSTIARY_PDP_POLICY_TEXT_POSITION_H_
#define OSTIARY_PDP_POLICY_TEXT_POSITION_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"

namespace ostiary::pdp {

struct TextPosition {
  uint32_t line = 0;    // from 1
  uint32_t column = 0;  // in bytes, from 1

  bool operator==(const TextPosition&) const = default;
};

class LineIndex {
 public:
  LineIndex() = default;
  // `text` has fewer than 2^32 bytes and may go away afterwards.
  explicit LineIndex(absl::string_view text);

  // A line ends with its "\n". An offset past the end is on the last line.
  TextPosition Find(size_t offset) const;

 private:
  std::vector<uint32_t> newlines_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_TEXT_POSITION_H_
