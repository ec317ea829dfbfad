// ListIndex: what makes long pattern lists fast: a hash from the keys of entries to the entries.
//
// Part of a PatternList; made in its arena, never changed, any thread may search. Open addressing:
// a key stands within kTagLanes places of its home, so one comparison of tags finds it or shows
// that it is not there.
#ifndef OSTIARY_PDP_POLICY_LIST_INDEX_H_
#define OSTIARY_PDP_POLICY_LIST_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pdp/policy/arena.h"
#include "pdp/policy/search_name.h"
#include "pdp/policy/tag_lanes.h"

namespace ostiary::pdp {

class ListIndex {
 public:
  // Where a key may stand.
  struct Places {
    size_t home = 0;
    uint32_t bits = 0;  // i: at home + i; 0: nowhere
  };

  // Where the keys with this hash stand, and now and then another.
  Places Find(uint64_t hash) const {
    const size_t home = HomeOf(hash, capacity_);
    return {home, EqualTags(tags_ + home, TagOf(hash))};
  }

  // False where surely no hash like this one was given to AddToFilter.
  bool MayHave(uint64_t hash) const {
    const size_t bit = FilterBit(hash, filter_bits_);
    return (filter()[bit / 64] >> (bit % 64) & 1) != 0;
  }

  // Calls visit(entry) for every entry under those keys.
  template <typename Visit>
  void ForEach(const Places& places, const Visit& visit) const {
    for (uint32_t bits = places.bits; bits != 0; bits &= bits - 1) {
      const size_t place = places.home + static_cast<size_t>(__builtin_ctz(bits));
      for (uint32_t entry = entries_[place]; entry != kNone;) {
        visit(entry);
        entry = next_ == nullptr ? kNone : next_[entry];
      }
    }
  }

 private:
  friend class ListIndexBuilder;
  static constexpr uint32_t kNone = 0xffffffff;

  static size_t FilterBit(uint64_t hash, uint32_t bits) { return (hash >> 24) & (bits - 1); }
  // The filter stands before the tags.
  const uint64_t* filter() const {
    return reinterpret_cast<const uint64_t*>(tags_) - filter_bits_ / 64;
  }

  const uint16_t* tags_ = nullptr;     // capacity_ homes, and kTagLanes places behind the last
  const uint32_t* entries_ = nullptr;  // by place
  const uint32_t* next_ = nullptr;     // by entry: another with the same key; nullptr: none has one
  uint32_t capacity_ = 0;
  uint32_t filter_bits_ = 0;  // a power of two, 64 or more
};

// Builds one index after another; its memory is used again.
class ListIndexBuilder {
 public:
  // For `count` entries, none of which is in it yet.
  void Start(size_t count);

  // The entry that was put under a key with this hash last, or kNone.
  static constexpr uint32_t kNone = ListIndex::kNone;
  uint32_t Find(uint64_t hash) const;

  // Puts the entry before all others under its key. False where it found no place.
  bool Add(uint64_t hash, uint32_t entry);
  // Puts it behind the entry `after`, which has the same key.
  void AddBehind(uint32_t after, uint32_t entry);

  // Makes room for so many hashes in the filter, and forgets those that are in it.
  void StartFilter(size_t count);
  void AddToFilter(uint64_t hash);

  ListIndex Build(Arena* arena) const;

 private:
  struct Place {
    uint64_t hash = 0;
    uint32_t entry = kNone;
  };
  size_t PlaceOf(uint64_t hash) const;
  bool Grow();

  std::vector<Place> places_;
  std::vector<Place> old_places_;
  std::vector<uint32_t> next_;
  std::vector<uint64_t> filter_;
  bool has_next_ = false;
  bool may_grow_ = true;
  size_t count_ = 0;
  uint32_t capacity_ = 0;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_LIST_INDEX_H_
