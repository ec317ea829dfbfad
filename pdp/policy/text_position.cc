#include "pdp/policy/text_position.h"

#include <algorithm>

namespace ostiary::pdp {

LineIndex::LineIndex(absl::string_view text) {
  newlines_.reserve(static_cast<size_t>(std::count(text.begin(), text.end(), '\n')));
  for (size_t at = text.find('\n'); at != absl::string_view::npos; at = text.find('\n', at + 1)) {
    newlines_.push_back(static_cast<uint32_t>(at));
  }
}

TextPosition LineIndex::Find(size_t offset) const {
  const auto behind = std::lower_bound(newlines_.begin(), newlines_.end(), offset);
  const size_t line_start = behind == newlines_.begin() ? 0 : size_t{*(behind - 1)} + 1;
  return {static_cast<uint32_t>(behind - newlines_.begin()) + 1,
          static_cast<uint32_t>(offset - line_start) + 1};
}

}  // namespace ostiary::pdp
