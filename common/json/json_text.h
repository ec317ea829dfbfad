// Bytes inside JSON strings: what the scanner, the decoder and the writer all need. Pure functions,
// thread-safe.
#ifndef OSTIARY_COMMON_JSON_JSON_TEXT_H_
#define OSTIARY_COMMON_JSON_JSON_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ostiary {

// True for a byte that a string may hold as it is and that is a character of its own: ASCII but for
// the quote, the backslash and the control characters below 0x20.
inline bool IsPlainJsonByte(char c) {
  // As signed numbers, everything from 0x80 on lies below 0x20 too.
  return static_cast<signed char>(c) >= 0x20 && c != '"' && c != '\\';
}

// The first byte in [p, end) that is not plain, or `end`. Quickest where that is one of the first
// sixteen, and there is more behind: most keys are so short.
inline const char* SkipPlainJson(const char* p, const char* end);
// The same, for long strings.
const char* SkipLongPlainJson(const char* p, const char* end);

#if defined(__SSE2__)
// Bytes whose highest bit is set where a byte at `p` is not plain.
inline __m128i NotPlainJson16(const char* p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  // Less 0x20, those below that have the highest bit, as those from 0x80 on have before.
  const __m128i outside = _mm_or_si128(bytes, _mm_sub_epi8(bytes, _mm_set1_epi8(0x20)));
  return _mm_or_si128(outside, _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                            _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
}
#endif

inline const char* SkipPlainJson(const char* p, const char* end) {
#if defined(__SSE2__)
  if (end - p >= 16) {
    const int mask = _mm_movemask_epi8(NotPlainJson16(p));
    if (mask != 0) return p + __builtin_ctz(static_cast<unsigned>(mask));
    p += 16;
  }
#endif
  return SkipLongPlainJson(p, end);
}

// The length of the well-formed UTF-8 sequence (Unicode, table 3-7) at the front of [p, end), or 0
// where there is none: so no overlong forms, no surrogates, nothing past U+10FFFF.
size_t Utf8SequenceLength(const char* p, const char* end);

// Writes `code_point`, which is not a surrogate, as UTF-8 to `out` and returns its length, 1 to 4.
size_t EncodeUtf8(uint32_t code_point, char* out);

inline constexpr uint32_t kReplacementCharacter = 0xFFFD;

// The four hex digits at `p`, or -1 where one is not.
int32_t ParseHex4(const char* p);

inline bool IsHighSurrogate(uint32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
inline bool IsLowSurrogate(uint32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

// Walks the decoded value of a string that a scanner has found legal.
class JsonStringReader {
 public:
  // `inner` is what stands between the quotes.
  explicit JsonStringReader(absl::string_view inner) : p_(inner.data()), end_(p_ + inner.size()) {}

  // The next piece of the value, empty at its end. It points into the text or, for an escape, into
  // this reader, and lives until the next call.
  absl::string_view Next();

 private:
  absl::string_view Escape();

  const char* p_;
  const char* const end_;
  char escape_[4];
};

}  // namespace ostiary

#endif  // OSTIARY_COMMON_JSON_JSON_TEXT_H_
