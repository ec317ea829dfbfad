#include "pdp/policy/key_table.h"

#include <algorithm>
#include <utility>

#include "pdp/policy/key_index.h"
#include "pdp/policy/tag_lanes.h"

namespace ostiary::pdp {
namespace {

// Entries for each bucket at first, and at least: past that, so many hashes are alike that more
// buckets would not help.
constexpr size_t kFirstLoad = 5;
constexpr size_t kLeastLoad = 2;

}  // namespace

void KeyTable::Start(size_t count) {
  bucket_count_ = count / kFirstLoad + 1;
  most_buckets_ = count / kLeastLoad + 1;
  places_.assign(bucket_count_ * kTagLanes, {});
  next_.assign(count, kNone);
  may_grow_ = true;
}

// Where the key stands, or the free place that it would take, or places_.size().
size_t KeyTable::PlaceOf(uint64_t hash) const {
  size_t place = KeyIndex::HomeOf(hash, bucket_count_) * kTagLanes;
  for (size_t step = 0; step < KeyIndex::kReach * kTagLanes; ++step) {
    if (places_[place].entry == kNone || places_[place].hash == hash) return place;
    if (++place == places_.size()) place = 0;
  }
  return places_.size();
}

uint32_t KeyTable::Find(uint64_t hash) const {
  const size_t place = PlaceOf(hash);
  return place == places_.size() ? kNone : places_[place].entry;
}

bool KeyTable::Add(uint64_t hash, uint32_t entry) {
  size_t place = PlaceOf(hash);
  while (place == places_.size()) {
    if (!Grow()) return false;
    place = PlaceOf(hash);
  }
  next_[entry] = places_[place].entry;
  places_[place] = {hash, entry};
  return true;
}

void KeyTable::AddBehind(uint32_t after, uint32_t entry) {
  next_[entry] = std::exchange(next_[after], entry);
}

bool KeyTable::Grow() {
  // What did not help once would not help the next entry, and takes time in proportion to all.
  if (!may_grow_) return false;
  const size_t old_count = bucket_count_;
  std::swap(places_, old_places_);
  while (true) {
    bucket_count_ += bucket_count_ / 4 + 1;
    if (bucket_count_ > most_buckets_) break;
    places_.assign(bucket_count_ * kTagLanes, {});
    const bool all = std::all_of(old_places_.begin(), old_places_.end(), [this](const Place& old) {
      if (old.entry == kNone) return true;
      const size_t place = PlaceOf(old.hash);
      if (place == places_.size()) return false;
      places_[place] = old;
      return true;
    });
    if (all) return true;
  }
  bucket_count_ = old_count;
  std::swap(places_, old_places_);
  may_grow_ = false;
  return false;
}

}  // namespace ostiary::pdp
