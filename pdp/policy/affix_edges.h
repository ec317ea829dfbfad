// AffixEdges: which of a name's affixes may be keys of an index, told by their sizes and by the two
// bytes of each that are next to the wildcard.
//
// Patterns mostly stop at a separator ("get_*", "*.read"), so a look at the name alone leaves out
// nearly all sizes. What is left out is no key; what is not may be none either.
#ifndef OSTIARY_PDP_POLICY_AFFIX_EDGES_H_
#define OSTIARY_PDP_POLICY_AFFIX_EDGES_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "pdp/policy/byte_lanes.h"
#include "pdp/policy/search_name.h"

namespace ostiary::pdp {

// Written by one thread; then any thread may ask.
class AffixEdges {
 public:
  // A key of 1 to kWordsSize bytes that is an affix.
  void Add(AffixEnd end, absl::string_view key);

  // How many sizes were added at both ends.
  size_t size_count() const { return static_cast<size_t>(__builtin_popcount(sizes_)); }

  // A bit for the AffixLane of each affix of the name that may be a key.
  uint32_t LanesOf(const SearchName& name) const;

 private:
  static_assert(kWordsSize == kByteLanes);

  // By AffixEnd, the lanes counted from its first.
  std::array<CommonBits, 2> edges_;    // the byte next to the wildcard
  std::array<CommonBits, 2> besides_;  // the one next to that, in the same lane
  uint32_t sizes_ = 0;                 // a bit for each AffixLane
};

inline uint32_t AffixEdges::LanesOf(const SearchName& name) const {
  const TextWords& head = name.words(AffixEnd::kPrefix);
  const TextWords& tail = name.words(AffixEnd::kSuffix);
  const ByteLanes first(head.near, head.far);
  const ByteLanes last(tail.far, tail.near);
  const uint32_t prefixes = edges_[0].In(first, besides_[0], first.Later());
  const uint32_t suffixes = edges_[1].In(last, besides_[1], last.Sooner());
  return (prefixes | suffixes << kWordsSize) & sizes_;
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_AFFIX_EDGES_H_
