// Tags: 16 bits of a hash, of which several are compared at once. Pure functions.
#ifndef OSTIARY_PDP_POLICY_TAG_LANES_H_
#define OSTIARY_PDP_POLICY_TAG_LANES_H_

#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ostiary::pdp {

// Stands where there is no tag of a short list: no text has it.
inline constexpr uint16_t kNoListTag = 0xffff;

// The part of a hash that a short list knows a text by.
inline uint16_t ListTagOf(uint64_t hash) { return static_cast<uint16_t>(hash >> 49); }

// The part of a hash that places by its low half do not tell.
inline uint16_t TagOf(uint64_t hash) { return static_cast<uint16_t>(hash >> 48); }

inline constexpr size_t kTagLanes = 8;

// Bit i is set where tags[i] is `tag`, for kTagLanes tags at any address.
inline uint32_t EqualTags(const uint16_t* tags, uint16_t tag) {
#if defined(__SSE2__)
  const __m128i all = _mm_loadu_si128(reinterpret_cast<const __m128i*>(tags));
  const __m128i equal = _mm_cmpeq_epi16(all, _mm_set1_epi16(static_cast<int16_t>(tag)));
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(equal, _mm_setzero_si128())));
#else
  uint32_t equal = 0;
  for (size_t i = 0; i < kTagLanes; ++i) equal |= (tags[i] == tag ? 1u : 0u) << i;
  return equal;
#endif
}

// The same for the tag of a hash.
inline uint32_t EqualTagsOf(const uint16_t* tags, uint64_t hash) {
#if defined(__SSE2__)
  // The highest of the four parts of the hash, four times and then eight times.
  const __m128i parts = _mm_cvtsi64_si128(static_cast<int64_t>(hash));
  const __m128i four = _mm_shufflelo_epi16(parts, 0xff);
  const __m128i wanted = _mm_unpacklo_epi64(four, four);
  const __m128i all = _mm_load_si128(reinterpret_cast<const __m128i*>(tags));
  const __m128i equal = _mm_cmpeq_epi16(all, wanted);
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(equal, _mm_setzero_si128())));
#else
  return EqualTags(tags, TagOf(hash));
#endif
}

// The same for twice as many.
inline uint32_t EqualTagsOfTwo(const uint16_t* tags, uint16_t tag) {
#if defined(__SSE2__)
  const __m128i* const both = reinterpret_cast<const __m128i*>(tags);
  const __m128i wanted = _mm_set1_epi16(static_cast<int16_t>(tag));
  const __m128i low = _mm_cmpeq_epi16(_mm_loadu_si128(both), wanted);
  const __m128i high = _mm_cmpeq_epi16(_mm_loadu_si128(both + 1), wanted);
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(low, high)));
#else
  return EqualTags(tags, tag) | EqualTags(tags + kTagLanes, tag) << kTagLanes;
#endif
}

// Which of `kLanes` times kTagLanes tags are among those that are asked for. kLanes: 3 or 4.
template <size_t kLanes>
class WantedTags {
 public:
  // As many tags may be read, and outlive this. `tag` is asked for.
#if defined(__SSE2__)
  WantedTags(const uint16_t* tags, uint16_t tag) : tags_(tags) {
    const __m128i wanted = _mm_set1_epi16(static_cast<int16_t>(tag));
    for (size_t i = 0; i < kLanes; ++i) found_[i] = _mm_cmpeq_epi16(Lane(i), wanted);
  }

  void Ask(uint16_t tag) {
    const __m128i wanted = _mm_set1_epi16(static_cast<int16_t>(tag));
    for (size_t i = 0; i < kLanes; ++i) {
      found_[i] = _mm_or_si128(found_[i], _mm_cmpeq_epi16(Lane(i), wanted));
    }
  }

  // Bit i is set where tags[i] was asked for.
  uint32_t bits() const {
    const auto half = [](__m128i low, __m128i high) {
      return static_cast<uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(low, high)));
    };
    const uint32_t low = half(found_[0], found_[1]);
    const uint32_t high = half(found_[2], kLanes == 4 ? found_[kLanes - 1] : _mm_setzero_si128());
    return low | high << 2 * kTagLanes;
  }
#else
  WantedTags(const uint16_t* tags, uint16_t tag) : tags_(tags) { Ask(tag); }

  void Ask(uint16_t tag) {
    for (size_t i = 0; i < kLanes * kTagLanes; ++i) bits_ |= (tags_[i] == tag ? 1u : 0u) << i;
  }
  uint32_t bits() const { return bits_; }
#endif

 private:
  const uint16_t* const tags_;
#if defined(__SSE2__)
  __m128i Lane(size_t i) const {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(tags_) + i);
  }

  __m128i found_[kLanes];
#else
  uint32_t bits_ = 0;
#endif
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_TAG_LANES_H_
