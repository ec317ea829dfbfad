// The bytes of a text, several of which are compared at once. Pure functions, but for
// CommonBits::Add.
#ifndef OSTIARY_PDP_POLICY_BYTE_LANES_H_
#define OSTIARY_PDP_POLICY_BYTE_LANES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ostiary::pdp {

inline constexpr size_t kByteLanes = 16;

// So many bytes, in lanes that are numbered as they stand in the text.
class ByteLanes {
 public:
#if defined(__SSE2__)
  // Those of `low`, and behind them those of `high`.
  ByteLanes(uint64_t low, uint64_t high)
      : bytes_(_mm_set_epi64x(static_cast<int64_t>(high), static_cast<int64_t>(low))) {}

  // Each byte one lane further, or one lane before; 0 in the one that is left.
  ByteLanes Later() const { return ByteLanes(_mm_slli_si128(bytes_, 1)); }
  ByteLanes Sooner() const { return ByteLanes(_mm_srli_si128(bytes_, 1)); }
#else
  ByteLanes(uint64_t low, uint64_t high) {
    std::memcpy(bytes_.data(), &low, sizeof(low));
    std::memcpy(bytes_.data() + sizeof(low), &high, sizeof(high));
  }

  ByteLanes Later() const {
    ByteLanes later(0, 0);
    std::memcpy(later.bytes_.data() + 1, bytes_.data(), kByteLanes - 1);
    return later;
  }
  ByteLanes Sooner() const {
    ByteLanes sooner(0, 0);
    std::memcpy(sooner.bytes_.data(), bytes_.data() + 1, kByteLanes - 1);
    return sooner;
  }
#endif

 private:
  friend class CommonBits;
#if defined(__SSE2__)
  explicit ByteLanes(__m128i bytes) : bytes_(bytes) {}

  __m128i bytes_;
#else
  std::array<uint8_t, kByteLanes> bytes_;
#endif
};

// For each lane, the bits that all bytes have alike that were added there.
class CommonBits {
 public:
  // `is_first`: no byte was added to that lane.
  void Add(size_t lane, char byte, bool is_first) {
    const auto bits = static_cast<uint8_t>(byte);
    if (is_first) {
      mask_[lane] = 0xff;
      value_[lane] = bits;
    }
    mask_[lane] &= static_cast<uint8_t>(~(value_[lane] ^ bits));
    value_[lane] &= mask_[lane];
  }

  // Bit n is set where the byte of `text` in the lane n has those bits, and that of `other_text`
  // those of `other`. A lane without a byte asks for nothing.
  uint32_t In(const ByteLanes& text, const CommonBits& other, const ByteLanes& other_text) const {
#if defined(__SSE2__)
    return static_cast<uint32_t>(
        _mm_movemask_epi8(_mm_and_si128(Equal(text), other.Equal(other_text))));
#else
    uint32_t in = 0;
    for (size_t i = 0; i < kByteLanes; ++i) {
      in |= (Has(text, i) && other.Has(other_text, i) ? 1u : 0u) << i;
    }
    return in;
#endif
  }

 private:
  using Bytes = std::array<uint8_t, kByteLanes>;
#if defined(__SSE2__)
  static __m128i Load(const Bytes& bytes) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data()));
  }
  __m128i Equal(const ByteLanes& text) const {
    return _mm_cmpeq_epi8(_mm_and_si128(text.bytes_, Load(mask_)), Load(value_));
  }
#else
  bool Has(const ByteLanes& text, size_t lane) const {
    return (text.bytes_[lane] & mask_[lane]) == value_[lane];
  }
#endif

  Bytes mask_{};
  Bytes value_{};
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_BYTE_LANES_H_
