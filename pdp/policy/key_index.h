// KeyIndex: finds what may equal or match a name among the entries of long lists, by their keys.
//
// The key of an entry is the name that it is, or the text before its first wildcard or behind its
// last. A name is looked for under its own hash and under those of its affixes that are as long as
// a key and stop as one does; only entries without such a text ("*", "*x*") are candidates for
// every name. All places are read before anything depends on one of them, so that misses of the
// cache run side by side.
//
// Made by a KeyIndexBuilder in a snapshot's arena, never changed; any thread may search.
#ifndef OSTIARY_PDP_POLICY_KEY_INDEX_H_
#define OSTIARY_PDP_POLICY_KEY_INDEX_H_

#include <cstddef>
#include <cstdint>

#include "pdp/policy/affix_edges.h"
#include "pdp/policy/search_name.h"
#include "pdp/policy/tag_lanes.h"

namespace ostiary::pdp {

class KeyIndex {
 public:
  // An entry of one of the lists.
  struct Place {
    size_t list;
    uint32_t entry;
  };

  // It takes up to four lists, of fewer entries than this each.
  static constexpr uint32_t kMostEntries = uint32_t{1} << 29;

  // To be assigned, before a search, from a builder's.
  KeyIndex() = default;

  // Whether FindOne may be asked.
  bool is_simple() const { return is_simple_; }
  enum class Candidates : uint8_t { kNone, kOne, kOthers };
  // The candidate for the name, where there is at most one. Where it is another number, or it took
  // more than a look to know, says kOthers: then ForEachCandidate tells.
  Candidates FindOne(const SearchName& name, Place* found) const;

  // Calls visit(place) for every entry that may equal or match the name, now and then twice. Those
  // under one key come list by list; where visit gives false, it does without the rest of them.
  template <typename Visit>
  void ForEachCandidate(const SearchName& name, const Visit& visit) const;

 private:
  friend class KeyIndexBuilder;
  friend class KeyTable;
  // A key stands in the bucket that is its home, or in one of the next, so many in all.
  static constexpr size_t kReach = 4;
  // Of a name in a simple index: itself, and its affixes of the sizes that keys have.
  static constexpr size_t kFewHashes = 8;

  // A Place as a number. kMore: no place, but where those of several entries under one key begin in
  // chains_, the last of which is without kMore.
  using Code = uint32_t;
  static constexpr Code kMore = Code{1} << 31;
  static constexpr Code kNone = 0xffffffff;
  static Code CodeOf(const Place& place) {
    return static_cast<Code>(place.list) * kMostEntries | place.entry;
  }
  static Place PlaceOf(Code code) { return {(code & ~kMore) / kMostEntries, code % kMostEntries}; }

  // A line of the cache.
  struct alignas(64) Bucket {
    uint16_t tags[kTagLanes] = {};
    Code codes[kTagLanes] = {kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone};
    // A bit for the PassedBit of each key whose home is here and that stands in a later bucket.
    uint64_t passed = 0;
  };
  static_assert(sizeof(Bucket) == 64);

  // What few have.
  struct Extra {
    const uint16_t* sizes = nullptr;  // of keys of more than kWordsSize bytes, ascending
    uint32_t prefix_sizes = 0;
    uint32_t suffix_sizes = 0;
    const Code* walked = nullptr;  // entries that are candidates for every name, ascending
    uint32_t walked_count = 0;
  };

  static uint64_t PassedBit(uint64_t hash) { return hash & 63; }
  static size_t HomeOf(uint64_t hash, size_t bucket_count) {
    return static_cast<size_t>((hash & 0xffffffff) * bucket_count >> 32);
  }
  // Longer names have one bit together.
  static uint32_t SizeBit(size_t size) { return uint32_t{1} << (size < 31 ? size : 31); }
  // Calls look(hash) for the name and each of its affixes up to kWordsSize that may be a key.
  template <typename Look>
  void ForEachHash(const SearchName& name, const Look& look) const;
  template <typename Visit>
  void ForEachUnder(uint64_t hash, const Visit& visit) const;
  template <typename Visit>
  void ForEachOther(const SearchName& name, const Visit& visit) const;

  const Bucket* buckets_ = nullptr;
  uint32_t bucket_count_ = 0;
  uint32_t name_sizes_ = 0;  // SizeBit of each key that is a name
  bool is_simple_ = false;   // no Extra, and no more than kFewHashes
  AffixEdges edges_;         // of the keys that are affixes up to kWordsSize
  const Extra* extra_ = nullptr;
  const Code* chains_ = nullptr;  // ascending, those under one key
};

template <typename Look>
inline void KeyIndex::ForEachHash(const SearchName& name, const Look& look) const {
  if ((name_sizes_ & SizeBit(name.size())) != 0) look(name.hash());
  for (uint32_t lanes = edges_.LanesOf(name); lanes != 0; lanes &= lanes - 1) {
    look(HashOfLane(name, static_cast<size_t>(__builtin_ctz(lanes))));
  }
}

inline KeyIndex::Candidates KeyIndex::FindOne(const SearchName& name, Place* found) const {
  uint32_t lanes = edges_.LanesOf(name);
  uint64_t hash;
  if ((name_sizes_ & SizeBit(name.size())) != 0) {
    hash = name.hash();
  } else if (lanes != 0) {
    hash = HashOfLane(name, static_cast<size_t>(__builtin_ctz(lanes)));
    lanes &= lanes - 1;
  } else {
    return Candidates::kNone;
  }
  const Bucket* home = &buckets_[HomeOf(hash, bucket_count_)];
  uint32_t bits = EqualTagsOf(home->tags, hash);
  uint64_t passed = home->passed >> PassedBit(hash);
  for (; lanes != 0; lanes &= lanes - 1) {
    const uint64_t other = HashOfLane(name, static_cast<size_t>(__builtin_ctz(lanes)));
    const Bucket& next = buckets_[HomeOf(other, bucket_count_)];
    const uint32_t equal = EqualTagsOf(next.tags, other);
    passed |= next.passed >> PassedBit(other);
    if (equal == 0) continue;
    passed |= bits != 0;
    home = &next;
    bits = equal;
  }
  if ((passed & 1) != 0) return Candidates::kOthers;
  if (bits == 0) return Candidates::kNone;
  if ((bits & (bits - 1)) != 0) return Candidates::kOthers;
  const Code code = home->codes[__builtin_ctz(bits)];
  if ((code & kMore) != 0) return Candidates::kOthers;
  *found = PlaceOf(code);
  return Candidates::kOne;
}

template <typename Visit>
inline void KeyIndex::ForEachCandidate(const SearchName& name, const Visit& visit) const {
  ForEachHash(name, [&](uint64_t hash) { ForEachUnder(hash, visit); });
  if (extra_ != nullptr) ForEachOther(name, visit);
}

template <typename Visit>
inline void KeyIndex::ForEachUnder(uint64_t hash, const Visit& visit) const {
  size_t at = HomeOf(hash, bucket_count_);
  const bool may_pass = (buckets_[at].passed >> PassedBit(hash) & 1) != 0;
  for (size_t step = 0; step < kReach; ++step) {
    const Bucket& bucket = buckets_[at];
    for (uint32_t bits = EqualTags(bucket.tags, TagOf(hash)); bits != 0; bits &= bits - 1) {
      const Code code = bucket.codes[__builtin_ctz(bits)];
      if ((code & kMore) == 0) {
        visit(PlaceOf(code));
      } else if (code != kNone) {
        const Code* next = chains_ + (code & ~kMore);
        while (visit(PlaceOf(*next)) && (*next & kMore) != 0) ++next;
      }
    }
    if (!may_pass) break;
    at = at + 1 == bucket_count_ ? 0 : at + 1;
  }
}

template <typename Visit>
void KeyIndex::ForEachOther(const SearchName& name, const Visit& visit) const {
  const uint16_t* size = extra_->sizes;
  AffixHasher<AffixEnd::kPrefix> prefixes(name);
  for (uint32_t i = 0; i < extra_->prefix_sizes; ++i) ForEachUnder(prefixes.At(*size++), visit);
  AffixHasher<AffixEnd::kSuffix> suffixes(name);
  for (uint32_t i = 0; i < extra_->suffix_sizes; ++i) ForEachUnder(suffixes.At(*size++), visit);
  for (uint32_t i = 0; i < extra_->walked_count; ++i) {
    if (!visit(PlaceOf(extra_->walked[i]))) break;
  }
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_KEY_INDEX_H_
