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

// Whether a text has one of them, and whether it has a "[": 0 where not. Words, which stay in
// registers, where bools are packed into one.
struct HasWildcards {
  uint32_t any = 0;
  uint32_t set = 0;
};

inline HasWildcards FindWildcardsOneByOne(absl::string_view text) {
  HasWildcards has;
  for (const char c : text) {
    has.set |= c == '[' ? 1u : 0u;
    has.any |= c == '*' || c == '?' || c == '[' ? 1u : 0u;
  }
  return has;
}

inline HasWildcards FindWildcards(absl::string_view text) {
#if defined(__SSE2__)
  const char* const p = text.data();
  const size_t size = text.size();
  if (size < 4) return FindWildcardsOneByOne(text);
  __m128i any = _mm_setzero_si128();
  __m128i set = _mm_setzero_si128();
  const auto look = [&](__m128i bytes) {
    const auto is = [bytes](char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); };
    set = _mm_or_si128(set, is('['));
    any = _mm_or_si128(any, _mm_or_si128(is('*'), is('?')));
  };
  const auto load = [](const char* from) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  };
  const auto load_8 = [](const char* from) {
    return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  };
  const auto load_4 = [](const char* from) {
    int word;
    std::memcpy(&word, from, 4);
    return _mm_cvtsi32_si128(word);
  };
  // The last bytes overlap with those before them.
  if (size < 8) {
    look(_mm_unpacklo_epi32(load_4(p), load_4(p + size - 4)));
  } else if (size <= 16) {
    look(_mm_unpacklo_epi64(load_8(p), load_8(p + size - 8)));
  } else {
    for (size_t at = 0; at + 16 < size; at += 16) look(load(p + at));
    look(load(p + size - 16));
  }
  const auto bits = [](__m128i bytes) { return static_cast<uint32_t>(_mm_movemask_epi8(bytes)); };
  return {bits(_mm_or_si128(any, set)), bits(set)};
#else
  return FindWildcardsOneByOne(text);
#endif
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_WILDCARDS_H_
