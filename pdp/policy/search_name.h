// NameKey and SearchName: a name to look for in several places, with its hashes.
//
// A value over a view: what it points to must outlive it. One thread.
#ifndef OSTIARY_PDP_POLICY_SEARCH_NAME_H_
#define OSTIARY_PDP_POLICY_SEARCH_NAME_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"

namespace ostiary::pdp {

// Which end of a name is compared.
enum class AffixEnd : uint8_t { kPrefix, kSuffix };

// Up to 16 bytes of text as two numbers: `near` holds the 8 that are nearest to the end of the name
// at which they stand, `far` the 8 behind those. Bytes that are missing are zeros.
struct TextWords {
  uint64_t near = 0;
  uint64_t far = 0;
};

inline constexpr size_t kWordsSize = 16;

namespace search_name {

inline uint64_t Load64(const char* p) {
  uint64_t word;
  std::memcpy(&word, p, sizeof(word));
  return word;
}

inline uint64_t Load32(const char* p) {
  uint32_t word;
  std::memcpy(&word, p, sizeof(word));
  return word;
}

// Masks[n] leaves n bytes of TextWords.
constexpr std::array<TextWords, kWordsSize + 1> Masks(AffixEnd end) {
  std::array<TextWords, kWordsSize + 1> masks{};
  const auto bytes = [end](size_t n) {
    if (n == 0) return uint64_t{0};
    return end == AffixEnd::kPrefix ? ~uint64_t{0} >> (64 - 8 * n) : ~uint64_t{0} << (64 - 8 * n);
  };
  for (size_t n = 0; n <= kWordsSize; ++n) {
    masks[n] = {bytes(n < 8 ? n : 8), bytes(n < 8 ? 0 : n - 8)};
  }
  return masks;
}
template <AffixEnd kEnd>
inline constexpr std::array<TextWords, kWordsSize + 1> kMasks = Masks(kEnd);

// What tells the hash of a prefix from that of a suffix and of a whole name.
inline constexpr uint64_t kPrefixSeed = 0x8ebc6af09c88c6e3;
inline constexpr uint64_t kSuffixSeed = 0x589965cc75374cc3;
inline constexpr uint64_t kWholeSeed = 0xe7037ed1a0b428db;

inline uint64_t Mix(uint64_t near, uint64_t far, uint64_t seed) {
  const absl::uint128 product =
      absl::uint128(near ^ 0xa0761d6478bd642f) * absl::uint128(far ^ seed);
  return absl::Uint128Low64(product) ^ absl::Uint128High64(product);
}

// The first 16 bytes of a text.
inline TextWords Head(absl::string_view text) {
  const char* const p = text.data();
  const size_t n = text.size();
  if (n >= 16) return {Load64(p), Load64(p + 8)};
  // In two steps, since a shift by 64 has no meaning.
  if (n >= 8) return {Load64(p), Load64(p + n - 8) >> (120 - 8 * n) >> 8};
  if (n >= 4) return {Load32(p) | Load32(p + n - 4) << (8 * (n - 4)), 0};
  if (n == 0) return {};
  const auto byte = [p](size_t i) { return uint64_t{static_cast<uint8_t>(p[i])} << (8 * i); };
  return {byte(0) | byte(n / 2) | byte(n - 1), 0};
}

// The last 16 bytes of a text with that head.
inline TextWords Tail(absl::string_view text, const TextWords& head) {
  const char* const end = text.data() + text.size();
  const size_t n = text.size();
  if (n >= 16) return {Load64(end - 8), Load64(end - 16)};
  if (n >= 8) return {Load64(end - 8), head.near << (120 - 8 * n) << 8};
  return {n == 0 ? 0 : head.near << (64 - 8 * n), 0};
}

}  // namespace search_name

// A number below `count` by a hash, evenly. Depends on all of the hash.
inline size_t HomeOf(uint64_t hash, size_t count) {
  return static_cast<size_t>(((hash ^ hash >> 32) & 0xffffffff) * count >> 32);
}

// A name's beginning and its hash: what finds a name that is equal.
class NameKey {
 public:
  explicit NameKey(absl::string_view text)
      : text_(text),
        head_(search_name::Head(text)),
        hash_(text.size() > kWordsSize
                  ? LongHash(text)
                  : search_name::Mix(head_.near, head_.far, search_name::kWholeSeed)) {}

  absl::string_view text() const { return text_; }
  size_t size() const { return text_.size(); }
  // The first 16 bytes.
  const TextWords& head() const { return head_; }

  // Of the whole name. Like the hashes of affixes it is well mixed, and the same in each process:
  // who writes the rules could make names collide, and would but slow his own lists.
  uint64_t hash() const { return hash_; }

  // Whether it is the `size` bytes at `text`, behind which kWordsSize bytes may be read.
  bool Equals(const char* text, size_t size) const {
    if (size != text_.size()) return false;
    if (size > kWordsSize) return std::memcmp(text_.data(), text, size) == 0;
    const TextWords& mask = search_name::kMasks<AffixEnd::kPrefix>[size];
    return (((search_name::Load64(text) & mask.near) ^ head_.near) |
            ((search_name::Load64(text + 8) & mask.far) ^ head_.far)) == 0;
  }

 private:
  static uint64_t LongHash(absl::string_view text);

  const absl::string_view text_;
  const TextWords head_;
  const uint64_t hash_;
};

// A name as a table keeps it: up to kWordsSize bytes by themselves; of more the hash and the
// address.
struct KeptName {
  TextWords words;

  KeptName() = default;
  // A text of more than kWordsSize bytes must outlive this.
  explicit KeptName(const NameKey& name)
      : words(name.size() <= kWordsSize
                  ? name.head()
                  : TextWords{name.hash(), reinterpret_cast<uintptr_t>(name.text().data())}) {}

  // `size` is that of the name that is kept. A view of this object, where the name is short.
  absl::string_view Text(size_t size) const {
    return {size <= kWordsSize ? reinterpret_cast<const char*>(&words)
                               : reinterpret_cast<const char*>(words.far),
            size};
  }

  // 0 where it is `name`, which has up to kWordsSize bytes.
  uint64_t DiffersFromShort(const NameKey& name, uint32_t size) const {
    return (words.near ^ name.head().near) | (words.far ^ name.head().far) | (size ^ name.size());
  }

  bool Is(const NameKey& name, uint32_t size) const {
    if (name.size() <= kWordsSize) return DiffersFromShort(name, size) == 0;
    return size == name.size() && words.near == name.hash() && Text(size) == name.text();
  }
};

// A name to look for among patterns.
class SearchName : public NameKey {
 public:
  explicit SearchName(absl::string_view text)
      : NameKey(text), tail_(search_name::Tail(text, head())) {}

  // The first (last) 16 bytes.
  template <AffixEnd kEnd>
  const TextWords& words() const {
    return kEnd == AffixEnd::kPrefix ? head() : tail_;
  }

  // Whether the name has `size` bytes or more, of which the first (last) are those at `affix`.
  // kWordsSize bytes may be read beyond those: behind a prefix, before a suffix.
  template <AffixEnd kEnd>
  bool HasAffix(const char* affix, size_t affix_size) const;

  // The same for an affix of up to kWordsSize bytes at an end that nobody can foresee: without a
  // branch on which it is.
  bool HasShortAffix(AffixEnd end, const char* affix, size_t affix_size) const {
    const bool prefix = end == AffixEnd::kPrefix;
    const TextWords& own = *(prefix ? &head() : &tail_);
    const TextWords& mask = (prefix ? search_name::kMasks<AffixEnd::kPrefix>
                                    : search_name::kMasks<AffixEnd::kSuffix>)[affix_size];
    const auto distance = static_cast<ptrdiff_t>(affix_size);
    const uint64_t near = search_name::Load64(affix + (prefix ? 0 : distance - 8));
    const uint64_t far = search_name::Load64(affix + (prefix ? 8 : distance - 16));
    return ((((near ^ own.near) & mask.near) | ((far ^ own.far) & mask.far)) == 0) &
           (affix_size <= size());
  }

 private:
  const TextWords tail_;
};

// The hash of the affix of `size` bytes, 1 to kWordsSize. A name that is shorter gives any number.
template <AffixEnd kEnd>
inline uint64_t ShortAffixHash(const SearchName& name, size_t size) {
  constexpr bool kPrefix = kEnd == AffixEnd::kPrefix;
  const TextWords& words = name.words<kEnd>();
  const TextWords& mask = search_name::kMasks<kEnd>[size];
  return search_name::Mix(words.near & mask.near, words.far & mask.far,
                          kPrefix ? search_name::kPrefixSeed : search_name::kSuffixSeed);
}

// The hashes of a name's affixes of any size, the shorter ones first.
template <AffixEnd kEnd>
class AffixHasher {
 public:
  // `name` must outlive this.
  explicit AffixHasher(const SearchName& name) : name_(name) {}

  // Of the affix of `size` bytes, 1 or more and not less than in the last call. A name that is
  // shorter gives any number. All calls together take time in proportion to the name.
  uint64_t At(size_t size) {
    return size > kWordsSize ? LongAt(size) : ShortAffixHash<kEnd>(name_, size);
  }

 private:
  static constexpr uint64_t kSeed =
      kEnd == AffixEnd::kPrefix ? search_name::kPrefixSeed : search_name::kSuffixSeed;
  uint64_t LongAt(size_t size);

  const SearchName& name_;
  uint64_t state_ = 0;  // over the first `at_` bytes
  size_t at_ = 0;
};

template <AffixEnd kEnd>
inline bool SearchName::HasAffix(const char* affix, size_t affix_size) const {
  constexpr bool kPrefix = kEnd == AffixEnd::kPrefix;
  if (affix_size > size()) return false;
  if (affix_size > kWordsSize) {
    const char* const own = text().data() + (kPrefix ? 0 : size() - affix_size);
    return std::memcmp(own, affix, affix_size) == 0;
  }
  const uint64_t near = search_name::Load64(kPrefix ? affix : affix + affix_size - 8);
  const uint64_t far = search_name::Load64(kPrefix ? affix + 8 : affix + affix_size - 16);
  const TextWords& mask = search_name::kMasks<kEnd>[affix_size];
  return (((near ^ words<kEnd>().near) & mask.near) | ((far ^ words<kEnd>().far) & mask.far)) == 0;
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_SEARCH_NAME_H_
