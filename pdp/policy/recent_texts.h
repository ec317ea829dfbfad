// RecentTexts: what was made of texts that may come again, found by the text. It remembers a
// bounded number of them, so that a load of very many takes no more memory or time for each: a text
// that came again stays, and gives way to others only when those come again too. Where none comes
// again for long, it looks at few until one does, since in a load of texts that all differ to look
// for each takes a tenth of the time.
//
// Used by one load, on one thread. Views: the texts must outlive it.
#ifndef OSTIARY_PDP_POLICY_RECENT_TEXTS_H_
#define OSTIARY_PDP_POLICY_RECENT_TEXTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace ostiary::pdp {

template <typename T>
class RecentTexts {
 public:
  // The place of what was made of `text`: nullptr where that is not known (any more), and then to
  // be filled in. Valid until the next call.
  const T** Find(absl::string_view text) {
    if (++in_vain_ > kPatience && in_vain_ % kLookedAt != 0) {
      forgotten_ = nullptr;
      return &forgotten_;
    }
    const T** const place = Place(text);
    if (*place != nullptr) in_vain_ = 0;
    return place;
  }

 private:
  static constexpr size_t kFirstSets = 16;
  static constexpr size_t kMostSets = 4096;  // as much as stays in a core's cache
  static constexpr size_t kPatience = 2 * kMostSets;
  static constexpr size_t kLookedAt = 16;

  const T** Place(absl::string_view text) {
    const size_t hash = absl::Hash<absl::string_view>()(text);
    Set& set = SetOf(hash, &sets_);
    if (set[0].Is(hash, text)) return &set[0].value;
    if (set[1].Is(hash, text)) {
      std::swap(set[0], set[1]);
      return &set[0].value;
    }
    if (++unknown_ > sets_.size() && sets_.size() < kMostSets) return Grow(hash, text);
    Entry& entry = set[set[0].value == nullptr ? 0 : 1];
    entry = {hash, text, nullptr};
    return &entry.value;
  }

  struct Entry {
    bool Is(size_t h, absl::string_view t) const {
      return hash == h && value != nullptr && text == t;
    }
    size_t hash = 0;
    absl::string_view text;
    const T* value = nullptr;
  };
  // The first, where there is one, gives way only to a second that came again.
  using Set = std::array<Entry, 2>;

  // There are always a power of two: to divide takes long.
  static Set& SetOf(size_t hash, std::vector<Set>* sets) {
    return (*sets)[hash & (sets->size() - 1)];
  }

  const T** Grow(size_t hash, absl::string_view text) {
    std::vector<Set> more(sets_.size() * 4);
    for (const Set& set : sets_) {
      for (const Entry& entry : set) {
        if (entry.value == nullptr) continue;
        Set& place = SetOf(entry.hash, &more);
        if (place[0].value != nullptr) place[1] = place[0];
        place[0] = entry;
      }
    }
    sets_.swap(more);
    Set& set = SetOf(hash, &sets_);
    set[1] = {hash, text, nullptr};
    return &set[1].value;
  }

  size_t unknown_ = 0;
  size_t in_vain_ = 0;  // texts since the last that was known
  const T* forgotten_ = nullptr;
  std::vector<Set> sets_ = std::vector<Set>(kFirstSets);
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_RECENT_TEXTS_H_
