#include "pdp/policy/list_index.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/numeric/bits.h"
#include "absl/types/span.h"

namespace ostiary::pdp {
namespace {

// Homes per entry at first, and at most: past that, so many hashes are alike that more would not
// help.
constexpr size_t kFirstHomes = 2;
constexpr size_t kMostHomes = 8;

constexpr size_t kFilterBits = 4;  // for each hash

}  // namespace

void ListIndexBuilder::Start(size_t count) {
  count_ = count;
  capacity_ = static_cast<uint32_t>(std::min<size_t>(count * kFirstHomes, 0x7fffffff));
  places_.assign(capacity_ + kTagLanes, {});
  next_.assign(count, kNone);
  has_next_ = false;
  may_grow_ = true;
}

// Where the key stands, or the free place that it would take, or places_.size().
size_t ListIndexBuilder::PlaceOf(uint64_t hash) const {
  const size_t home = HomeOf(hash, capacity_);
  for (size_t place = home; place < home + kTagLanes; ++place) {
    if (places_[place].entry == kNone || places_[place].hash == hash) return place;
  }
  return places_.size();
}

uint32_t ListIndexBuilder::Find(uint64_t hash) const {
  const size_t place = PlaceOf(hash);
  return place == places_.size() ? kNone : places_[place].entry;
}

bool ListIndexBuilder::Add(uint64_t hash, uint32_t entry) {
  size_t place = PlaceOf(hash);
  while (place == places_.size()) {
    if (!Grow()) return false;
    place = PlaceOf(hash);
  }
  if (places_[place].entry != kNone) {
    next_[entry] = places_[place].entry;
    has_next_ = true;
  }
  places_[place] = {hash, entry};
  return true;
}

void ListIndexBuilder::AddBehind(uint32_t after, uint32_t entry) {
  next_[entry] = std::exchange(next_[after], entry);
  has_next_ = true;
}

bool ListIndexBuilder::Grow() {
  // What did not help once would not help the next entry, and takes time in proportion to all.
  if (!may_grow_) return false;
  std::swap(places_, old_places_);
  while (true) {
    const size_t capacity = capacity_ + capacity_ / 4;
    if (capacity > count_ * kMostHomes) break;
    capacity_ = static_cast<uint32_t>(capacity);
    places_.assign(capacity_ + kTagLanes, {});
    const bool all = std::all_of(old_places_.begin(), old_places_.end(), [this](const Place& old) {
      if (old.entry == kNone) return true;
      const size_t place = PlaceOf(old.hash);
      if (place == places_.size()) return false;
      places_[place] = old;
      return true;
    });
    if (all) return true;
  }
  capacity_ = static_cast<uint32_t>(old_places_.size() - kTagLanes);
  std::swap(places_, old_places_);
  may_grow_ = false;
  return false;
}

void ListIndexBuilder::StartFilter(size_t count) {
  filter_.assign(absl::bit_ceil(std::max<size_t>(count * kFilterBits, 64)) / 64, 0);
}

void ListIndexBuilder::AddToFilter(uint64_t hash) {
  const size_t bit = ListIndex::FilterBit(hash, static_cast<uint32_t>(filter_.size() * 64));
  filter_[bit / 64] |= uint64_t{1} << (bit % 64);
}

ListIndex ListIndexBuilder::Build(Arena* arena) const {
  const size_t filter_bytes = filter_.size() * sizeof(uint64_t);
  char* const memory = arena->NewBytes(filter_bytes + places_.size() * sizeof(uint16_t), 64);
  std::memcpy(memory, filter_.data(), filter_bytes);
  auto* const tags = reinterpret_cast<uint16_t*>(memory + filter_bytes);
  const absl::Span<uint32_t> entries = arena->NewArray<uint32_t>(places_.size());
  for (size_t i = 0; i < places_.size(); ++i) {
    tags[i] = places_[i].entry == kNone ? kNoTag : TagOf(places_[i].hash);
    entries[i] = places_[i].entry;
  }
  ListIndex index;
  index.tags_ = tags;
  index.entries_ = entries.data();
  if (has_next_) index.next_ = arena->Copy(absl::MakeConstSpan(next_)).data();
  index.capacity_ = capacity_;
  index.filter_bits_ = static_cast<uint32_t>(filter_.size() * 64);
  return index;
}

}  // namespace ostiary::pdp
