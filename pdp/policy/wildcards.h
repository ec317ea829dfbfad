// The characters that make a text a pattern: "*", "?" and "[". Pure functions, thread-safe.
#ifndef OSTIARY_PDP_POLICY_WILDCARDS_H_
#define OSTIARY_PDP_POLICY_WILDCARDS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ostiary::pdp {

// Whether a text has one of them, and whether it has a "[".
struct HasWildcards {
  bool any = false;
  bool set = false;
};

inline HasWildcards FindWildcardsOneByOne(absl::string_view text) {
  HasWildcards has;
  for (const char c : text) {
    has.set |= c == '[';
    has.any |= c == '*' || c == '?' || c == '[';
  }
  return has;
}

inline HasWildcards FindWildcards(absl::string_view text) {
#if defined(__SSE2__)
  const char* const p = text.data();
  const size_t size = text.size();
  if (size < 8) return FindWildcardsOneByOne(text);
  __m128i any = _mm_setzero_si128();
  __m128i set = _mm_setzero_si128();
  const auto look = [&](const char* low, const char* high) {
    uint64_t halves[2];
    std::memcpy(&halves[0], low, 8);
    std::memcpy(&halves[1], high, 8);
    const __m128i bytes =
        _mm_set_epi64x(static_cast<int64_t>(halves[1]), static_cast<int64_t>(halves[0]));
    const auto is = [bytes](char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); };
    set = _mm_or_si128(set, is('['));
    any = _mm_or_si128(any, _mm_or_si128(is('*'), is('?')));
  };
  for (size_t at = 0; at + 16 < size; at += 16) look(p + at, p + at + 8);
  // The last eight bytes, and those before them as far as there are any.
  look(size < 16 ? p : p + size - 16, p + size - 8);
  const bool has_set = _mm_movemask_epi8(set) != 0;
  return {has_set || _mm_movemask_epi8(any) != 0, has_set};
#else
  return FindWildcardsOneByOne(text);
#endif
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_WILDCARDS_H_
