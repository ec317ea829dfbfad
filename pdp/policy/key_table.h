// KeyTable: a KeyIndex's hash from keys to entries while it grows. Open addressing in buckets.
//
// Belongs to one load; not thread-safe. Its memory is used again for each index.
#ifndef OSTIARY_PDP_POLICY_KEY_TABLE_H_
#define OSTIARY_PDP_POLICY_KEY_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ostiary::pdp {

class KeyTable {
 public:
  static constexpr uint32_t kNone = 0xffffffff;

  // For `count` entries, none of which is in it yet: numbers below `count`.
  void Start(size_t count);
  // The entry that was put under a key with this hash last, or kNone.
  uint32_t Find(uint64_t hash) const;
  // Puts the entry before all others under its key. False where it found no place.
  bool Add(uint64_t hash, uint32_t entry);
  // Puts it behind the entry `after`, which has the same key.
  void AddBehind(uint32_t after, uint32_t entry);

 private:
  friend class KeyIndexBuilder;
  struct Place {
    uint64_t hash = 0;
    uint32_t entry = kNone;
  };
  size_t PlaceOf(uint64_t hash) const;
  bool Grow();

  std::vector<Place> places_;
  std::vector<Place> old_places_;
  std::vector<uint32_t> next_;
  bool may_grow_ = true;
  size_t bucket_count_ = 0;
  size_t most_buckets_ = 0;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_KEY_TABLE_H_
