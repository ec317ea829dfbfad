#include "pdp/policy/text_position.h"

#include <algorithm>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ostiary::pdp {

LineIndex::LineIndex(absl::string_view text) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* p = begin;
#if defined(__SSE2__)
  // A large file may have a line for each few bytes of it.
  const __m128i newline = _mm_set1_epi8('\n');
  for (; end - p >= 16; p += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, newline)));
    for (; found != 0; found &= found - 1) {
      newlines_.push_back(static_cast<uint32_t>(p - begin + __builtin_ctz(found)));
    }
  }
#endif
  for (; p != end; ++p) {
    if (*p == '\n') newlines_.push_back(static_cast<uint32_t>(p - begin));
  }
  newlines_.shrink_to_fit();
}

TextPosition LineIndex::Find(size_t offset) const {
  const auto behind = std::lower_bound(newlines_.begin(), newlines_.end(), offset);
  const size_t line_start = behind == newlines_.begin() ? 0 : size_t{*(behind - 1)} + 1;
  return {static_cast<uint32_t>(behind - newlines_.begin()) + 1,
          static_cast<uint32_t>(offset - line_start) + 1};
}

}  // namespace ostiary::pdp
