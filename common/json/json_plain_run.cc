#include "common/json/json_plain_run.h"

// What the processor can do is asked of glibc, which knows it before the program begins. The
// compiler's own way is a constructor, which costs each start a page.
#if defined(__x86_64__) && __has_include(<sys/platform/x86.h>)
#include <immintrin.h>
// The header writes bool as C does, which clang does not take in C++.
#define _Bool bool
#include <sys/platform/x86.h>
#undef _Bool
#define OSTIARY_MAY_HAVE_AVX2
#endif

namespace ostiary {

#ifdef OSTIARY_MAY_HAVE_AVX2
namespace {

__attribute__((target("avx2"))) inline __m256i Load(const char* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}

// All ones where a byte is a quote or a backslash; other bytes below 0x20 may be, too. A byte below
// 0x80 is replaced by the one that stands in the table at its lower four bits, which is the byte
// itself for these two alone.
__attribute__((target("avx2"))) inline __m256i IsQuoteOrBackslash(__m256i bytes) {
  const __m256i table = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, 0, '"', 0, 0, 0, 0, 0, 0, 0, 0, 0, '\\', 0, 0, 0));
  return _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, bytes), bytes);
}

__attribute__((target("avx2"))) const char* SkipByAvx2(const char* p, const char* end) {
  constexpr int kBlockBytes = 128;
  for (; end - p >= kBlockBytes; p += kBlockBytes) {
    const __m256i a = Load(p);
    const __m256i b = Load(p + 32);
    const __m256i c = Load(p + 64);
    const __m256i d = Load(p + 96);
    // As signed numbers, everything from 0x80 on lies below 0x20 too.
    const __m256i least = _mm256_min_epi8(_mm256_min_epi8(a, b), _mm256_min_epi8(c, d));
    const __m256i outside = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), least);
    const __m256i front = _mm256_or_si256(IsQuoteOrBackslash(a), IsQuoteOrBackslash(b));
    const __m256i back = _mm256_or_si256(IsQuoteOrBackslash(c), IsQuoteOrBackslash(d));
    const __m256i not_plain = _mm256_or_si256(outside, _mm256_or_si256(front, back));
    if (_mm256_movemask_epi8(not_plain) != 0) break;
  }
  return p;
}

}  // namespace

const char* SkipPlainRun(const char* p, const char* end) {
  return CPU_FEATURE_ACTIVE(AVX2) ? SkipByAvx2(p, end) : p;
}
#else
const char* SkipPlainRun(const char* p, const char* /*end*/) { return p; }
#endif

}  // namespace ostiary
