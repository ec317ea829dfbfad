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
  // Calls visit(entry) for every entry under a key with this hash, and now and then for another.
  template <typename Visit>
  void ForEach(uint64_t hash, Visit&& visit) const {
    const size_t home = HomeOf(hash, capacity_);
    uint32_t places = EqualTags(tags_ + home, TagOf(hash));
    for (; places != 0; places &= places - 1) {
      const size_t place = home + static_cast<size_t>(__builtin_ctz(places));
      for (uint32_t entry = entries_[place]; entry != kNone;) {
        visit(entry);
        entry = next_ == nullptr ? kNone : next_[entry];
      }
    }
  }

 private:
  friend class ListIndexBuilder;
  static constexpr uint32_t kNone = 0xffffffff;

  const uint16_t* tags_ = nullptr;     // capacity_ homes, and kTagLanes places behind the last
  const uint32_t* entries_ = nullptr;  // by place
  const uint32_t* next_ = nullptr;     // by entry: another with the same key; nullptr: none has one
  uint32_t capacity_ = 0;
};

// Builds one index after another; its memory is used again.
class ListIndexBuilder {
 public:
  // For `count` entries, none of which is in it yet.
  void Start(size_t count);

  // The entry that was put under a key with this hash last, or kNone.
  static constexpr uint32_t kNone = ListIndex::kNone;
  uint32_t Find(uint64_t hash) const;

  // Puts `entry` before all others under its key. False where it found no place.
  bool Add(uint64_t hash, uint32_t entry);
  // Puts it behind the entry `after`, which has the same key.
  void AddBehind(uint32_t after, uint32_t entry);

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
  bool has_next_ = false;
  size_t count_ = 0;
  uint32_t capacity_ = 0;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_LIST_INDEX_H_
