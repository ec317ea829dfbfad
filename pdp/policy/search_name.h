// NameKey and SearchName: a name to look for in several places, with its hashes.
//
// A value over a view: what it points to must outlive it. One thread.
#ifndef OSTIARY_PDP_POLICY_SEARCH_NAME_H_
#define OSTIARY_PDP_POLICY_SEARCH_NAME_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/strings/string_view.h"
#include "pdp/policy/tag_lanes.h"

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

// A number for each affix of 1 to kWordsSize bytes: the place of the byte at which it stops, among
// the first (last) kWordsSize bytes of a name. Those of suffixes are behind those of prefixes.
constexpr size_t AffixLane(AffixEnd end, size_t size) {
  return end == AffixEnd::kPrefix ? size - 1 : 2 * kWordsSize - size;
}
inline constexpr size_t kAffixLanes = 2 * kWordsSize;

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

// The sizes that an affix up to kWordsSize can have, at both ends, in one row.
constexpr size_t AffixPlace(AffixEnd end, size_t size) {
  return 2 * size + static_cast<size_t>(end);
}
inline constexpr size_t kAffixPlaces = 2 * (kWordsSize + 1);

// kMasks[AffixPlace(end, n)] leaves the n bytes of TextWords that are nearest to that end.
constexpr std::array<TextWords, kAffixPlaces> Masks() {
  std::array<TextWords, kAffixPlaces> masks{};
  for (const AffixEnd end : {AffixEnd::kPrefix, AffixEnd::kSuffix}) {
    const auto bytes = [end](size_t n) {
      if (n == 0) return uint64_t{0};
      return end == AffixEnd::kPrefix ? ~uint64_t{0} >> (64 - 8 * n) : ~uint64_t{0} << (64 - 8 * n);
    };
    for (size_t n = 0; n <= kWordsSize; ++n) {
      masks[AffixPlace(end, n)] = {bytes(n < 8 ? n : 8), bytes(n < 8 ? 0 : n - 8)};
    }
  }
  return masks;
}
inline constexpr std::array<TextWords, kAffixPlaces> kMasks = Masks();
inline const TextWords& MaskOf(AffixEnd end, size_t size) {
  return kMasks.data()[AffixPlace(end, size)];
}

// What tells the hash of a prefix from that of a suffix and of a whole name.
inline constexpr std::array<uint64_t, 2> kAffixSeeds = {0x8ebc6af09c88c6e3, 0x589965cc75374cc3};
inline constexpr uint64_t kWholeSeed = 0xe7037ed1a0b428db;

// By AffixLane, as kMasks.
constexpr std::array<TextWords, kAffixLanes> LaneMasks() {
  std::array<TextWords, kAffixLanes> masks{};
  for (const AffixEnd end : {AffixEnd::kPrefix, AffixEnd::kSuffix}) {
    for (size_t n = 1; n <= kWordsSize; ++n) masks[AffixLane(end, n)] = kMasks[AffixPlace(end, n)];
  }
  return masks;
}
inline constexpr std::array<TextWords, kAffixLanes> kLaneMasks = LaneMasks();

// The compiler's own type: absl::uint128 would pass through memory.
__extension__ using Product = unsigned __int128;

inline uint64_t Fold(uint64_t a, uint64_t b) {
  const Product product = Product{a} * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t Mix(uint64_t near, uint64_t far, uint64_t seed) {
  return Fold(near ^ 0xa0761d6478bd642f, far ^ seed);
}

// What tells the tag of a prefix from that of a suffix and of a whole name: odd numbers, one for
// each word.
inline constexpr std::array<TextWords, 3> kTagFactors = {
    {{0x9e3779b97f4a7c15, 0xd1b54a32d192ed03},
     {0xaef17502108ef2d9, 0x8cb92ba72f3d8dd7},
     {0xe95e1dd17d35800d, 0xa24baed4963ee407}}};

// A tag, seldom the same for different words: of a product only the highest bits depend
// on all the bits of both factors (multiply-shift hashing, Dietzfelbinger et al. 1997).
inline uint16_t Tag(uint64_t near, uint64_t far, size_t factors) {
  const TextWords& factor = kTagFactors.data()[factors];
  return ListTagOf(near * factor.near + far * factor.far);
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

// The hash of a text of more than kWordsSize bytes. Who does not know the seed cannot make texts
// whose hashes are alike.
uint64_t LongHash(absl::string_view text, const TextWords& seed);

// A name with its beginning: what finds a name that is equal.
class NameKey {
 public:
  explicit NameKey(absl::string_view text) : text_(text), head_(search_name::Head(text)) {}

  absl::string_view text() const { return text_; }
  size_t size() const { return text_.size(); }
  // The first 16 bytes.
  const TextWords& head() const { return head_; }

 private:
  const absl::string_view text_;
  const TextWords head_;
};

// A name as a table keeps it: up to kWordsSize bytes by themselves; of more the last eight and the
// address.
struct KeptName {
  TextWords words;

  KeptName() = default;
  // A text of more than kWordsSize bytes must outlive this.
  explicit KeptName(const NameKey& name)
      : words(name.size() <= kWordsSize
                  ? name.head()
                  : TextWords{LastWord(name), reinterpret_cast<uintptr_t>(name.text().data())}) {}

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
    return size == name.size() && words.near == LastWord(name) && Text(size) == name.text();
  }

 private:
  static uint64_t LastWord(const NameKey& long_name) {
    return search_name::Load64(long_name.text().data() + long_name.size() - 8);
  }
};

// A name to look for among patterns.
class SearchName {
 public:
  explicit SearchName(absl::string_view text)
      : SearchName(text, text.size() > kWordsSize ? LongHash(text, {}) : 0) {}

  // One that is only compared: without the hash and the tag of a long text.
  static SearchName ToCompare(absl::string_view text) { return {text, 0}; }

  absl::string_view text() const { return text_; }
  size_t size() const { return text_.size(); }
  // Of the whole name. Like the hashes of affixes it is well mixed, and the same in each process:
  // who writes the rules could make names collide, and would but slow his own lists.
  uint64_t hash() const {
    return text_.size() > kWordsSize
               ? long_hash_
               : search_name::Mix(head_.near, head_.far, search_name::kWholeSeed);
  }
  // What a short list knows the whole name by.
  uint16_t tag() const {
    return text_.size() > kWordsSize ? ListTagOf(long_hash_)
                                     : search_name::Tag(head_.near, head_.far, 2);
  }
  // The first (last) 16 bytes.
  const TextWords& words(AffixEnd end) const { return end == AffixEnd::kPrefix ? head_ : tail_; }

  // Whether the name has `size` bytes or more, of which the first (last) are those at `affix`.
  // kWordsSize bytes may be read beyond those: behind a prefix, before a suffix.
  template <AffixEnd kEnd>
  bool HasAffix(const char* affix, size_t affix_size) const;

  // Whether it is the text of `size` bytes, up to kWordsSize, that stands at the beginning of as
  // many, with zeros behind it.
  bool IsShort(const char* cell, size_t size) const {
    const TextWords& own = words(AffixEnd::kPrefix);
    return ((search_name::Load64(cell) ^ own.near) | (search_name::Load64(cell + 8) ^ own.far) |
            (size ^ text_.size())) == 0;
  }

  // Whether it begins with the `head` bytes from `begin`, and ends behind those with the `tail`
  // bytes before `end`, both up to kWordsSize. As many may be read at both places. Without a
  // branch, which nobody can foresee.
  bool HasEnds(const char* begin, const char* end, size_t head, size_t tail) const {
    const TextWords& own_head = words(AffixEnd::kPrefix);
    const TextWords& own_tail = words(AffixEnd::kSuffix);
    const TextWords& head_mask = search_name::MaskOf(AffixEnd::kPrefix, head);
    const TextWords& tail_mask = search_name::MaskOf(AffixEnd::kSuffix, tail);
    const uint64_t differs = ((search_name::Load64(begin) ^ own_head.near) & head_mask.near) |
                             ((search_name::Load64(begin + 8) ^ own_head.far) & head_mask.far) |
                             ((search_name::Load64(end - 8) ^ own_tail.near) & tail_mask.near) |
                             ((search_name::Load64(end - 16) ^ own_tail.far) & tail_mask.far);
    return (differs | uint64_t{head + tail > text_.size()}) == 0;
  }

 private:
  SearchName(absl::string_view text, uint64_t long_hash)
      : text_(text),
        head_(search_name::Head(text)),
        tail_(search_name::Tail(text, head_)),
        long_hash_(long_hash) {}

  const absl::string_view text_;
  const TextWords head_;
  const TextWords tail_;
  const uint64_t long_hash_;  // of a text of more than kWordsSize bytes
};

// The hash of an affix of 1 to kWordsSize bytes. A name that is shorter gives any number.
template <AffixEnd kEnd>
inline uint64_t ShortAffixHash(const SearchName& name, size_t size) {
  const TextWords& words = name.words(kEnd);
  const TextWords& mask = search_name::MaskOf(kEnd, size);
  return search_name::Mix(words.near & mask.near, words.far & mask.far,
                          search_name::kAffixSeeds.data()[static_cast<size_t>(kEnd)]);
}

// The same by the affix's AffixLane, without a branch on its end, which nobody can foresee.
inline uint64_t HashOfLane(const SearchName& name, size_t lane) {
  const TextWords& head = name.words(AffixEnd::kPrefix);
  const TextWords& tail = name.words(AffixEnd::kSuffix);
  const size_t end = lane / kWordsSize;
  const uint64_t if_suffix = -uint64_t{end};
  const TextWords& mask = search_name::kLaneMasks.data()[lane];
  return search_name::Mix((head.near ^ ((head.near ^ tail.near) & if_suffix)) & mask.near,
                          (head.far ^ ((head.far ^ tail.far) & if_suffix)) & mask.far,
                          search_name::kAffixSeeds.data()[end]);
}

// The keys of entries are no longer than this: the rest of an entry is compared anyway.
inline constexpr size_t kMaxKeySize = 0xffff;

// Up to `size` bytes of that end of a text.
inline absl::string_view AffixOf(AffixEnd end, absl::string_view text, size_t size) {
  if (text.size() <= size) return text;
  return end == AffixEnd::kPrefix ? text.substr(0, size) : text.substr(text.size() - size);
}

// The hash of an affix that is all of a text of 1 to kWordsSize bytes.
inline uint64_t WholeAffixHash(AffixEnd end, absl::string_view text) {
  const TextWords head = search_name::Head(text);
  const TextWords words = end == AffixEnd::kPrefix ? head : search_name::Tail(text, head);
  return search_name::Mix(words.near, words.far,
                          search_name::kAffixSeeds.data()[static_cast<size_t>(end)]);
}

// What a short list knows such an affix by.
template <AffixEnd kEnd>
inline uint16_t ShortAffixTag(const SearchName& name, size_t size) {
  const TextWords& words = name.words(kEnd);
  const TextWords& mask = search_name::MaskOf(kEnd, size);
  return search_name::Tag(words.near & mask.near, words.far & mask.far, static_cast<size_t>(kEnd));
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
  // What a short list knows that affix by.
  uint16_t TagAt(size_t size) {
    return size > kWordsSize ? ListTagOf(LongAt(size)) : ShortAffixTag<kEnd>(name_, size);
  }

 private:
  static constexpr uint64_t kSeed = search_name::kAffixSeeds[static_cast<size_t>(kEnd)];
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
  const TextWords& mask = search_name::MaskOf(kEnd, affix_size);
  return (((near ^ words(kEnd).near) & mask.near) | ((far ^ words(kEnd).far) & mask.far)) == 0;
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_SEARCH_NAME_H_
