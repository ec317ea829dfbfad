#include "pdp/policy/search_name.h"

#include <bit>

namespace ostiary::pdp {

using search_name::kWholeSeed;
using search_name::Mix;

// The first byte of a text is the lowest of its number.
static_assert(std::endian::native == std::endian::little);

template <AffixEnd kEnd>
uint64_t AffixHasher<kEnd>::LongAt(size_t size) {
  const absl::string_view text = name_.text();
  if (size > text.size()) return 0;
  // Up to 16 of the bytes that are `at` bytes and more away from the end.
  const auto words = [text](size_t at, size_t size) {
    if (kEnd == AffixEnd::kPrefix) return search_name::Head(text.substr(at, size));
    return search_name::Head(text.substr(text.size() - at - size, size));
  };
  for (; at_ + kWordsSize < size; at_ += kWordsSize) {
    const TextWords block = words(at_, kWordsSize);
    state_ = Mix(block.near ^ state_, block.far, kSeed);
  }
  const TextWords rest = words(at_, size - at_);
  return Mix(rest.near ^ state_, rest.far, kSeed ^ size);
}

template class AffixHasher<AffixEnd::kPrefix>;
template class AffixHasher<AffixEnd::kSuffix>;

uint64_t LongHash(absl::string_view text, const TextWords& seed) {
  uint64_t hash = seed.near ^ kWholeSeed;
  size_t at = 0;
  for (; at + kWordsSize < text.size(); at += kWordsSize) {
    const TextWords words = search_name::Head(text.substr(at));
    hash = Mix(words.near ^ hash, words.far ^ seed.far, kWholeSeed);
  }
  const TextWords rest = search_name::Head(text.substr(at));
  return Mix(rest.near ^ hash, rest.far ^ seed.far, kWholeSeed ^ text.size());
}

}  // namespace ostiary::pdp
