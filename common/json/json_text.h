// Bytes inside JSON strings: what the scanner, the decoder and the writer all need. Pure functions,
// thread-safe.
#ifndef OSTIARY_COMMON_JSON_JSON_TEXT_H_
#define OSTIARY_COMMON_JSON_JSON_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
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
// Bytes of ones where a byte at `p` is not plain, of zeros where it is.
inline __m128i NotPlainJson16(const char* p) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  // As signed numbers, everything from 0x80 on lies below 0x20 too.
  const __m128i outside = _mm_cmpgt_epi8(_mm_set1_epi8(0x20), bytes);
  return _mm_or_si128(outside, _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                            _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
}

// A bit for each byte, in their order.
inline uint32_t JsonBits16(__m128i bytes) {
  return static_cast<uint32_t>(_mm_movemask_epi8(bytes));
}
#endif

inline const char* SkipPlainJson(const char* p, const char* end) {
#if defined(__SSE2__)
  if (end - p >= 16) {
    const uint32_t not_plain = JsonBits16(NotPlainJson16(p));
    if (not_plain != 0) return p + __builtin_ctz(not_plain);
    p += 16;
  }
#endif
  return SkipLongPlainJson(p, end);
}

// Finds the bytes of one text that are not plain, from its front to its back. It remembers what it
// saw of the 64 bytes that it looked at last: most texts have several strings in so many.
class PlainJsonBytes {
 public:
  // The first byte of text[0, size) that is not plain, from `i` on, or `size`.
  ABSL_ATTRIBUTE_ALWAYS_INLINE size_t Skip(const char* text, size_t size, size_t i) {
#if defined(__SSE2__)
    const size_t in_block = i - block_.begin;
    if (ABSL_PREDICT_TRUE(in_block < kBlockBytes)) {
      const uint64_t rest = block_.not_plain >> in_block;
      if (ABSL_PREDICT_TRUE(rest != 0)) return i + static_cast<unsigned>(__builtin_ctzll(rest));
    }
    block_ = FindBlock(text, size, i);
    return block_.begin + static_cast<unsigned>(__builtin_ctzll(block_.not_plain));
#else
    while (i != size && IsPlainJsonByte(text[i])) ++i;
    return i;
#endif
  }

#if defined(__SSE2__)
 private:
  static constexpr size_t kBlockBytes = 64;

  // Bytes from `begin` on, a bit for each that is not plain or behind the text.
  struct Block {
    size_t begin;
    uint64_t not_plain;
  };

  // The first block with such a byte that starts at `i` or a whole number of blocks behind it.
  static Block FindBlock(const char* text, size_t size, size_t i);

  Block block_ = {0, 0};
#endif
};

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
