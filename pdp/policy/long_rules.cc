#include "pdp/policy/long_rules.h"

#include <algorithm>

namespace ostiary::pdp {

bool LongRules::Take(const Lists& lists) {
  bool is_any_long = false;
  for (const PatternList* list : lists) {
    if (list == nullptr) continue;
    if (list->size() >= KeyIndex::kMostEntries) return false;
    is_any_long |= list->is_long();
  }
  return is_any_long;
}

LongRules::Found LongRules::Find(const SearchName& name) const {
  // A step and an entry as one number.
  constexpr uint64_t kNothing = static_cast<uint64_t>(Step::kNone) << 32;
  uint64_t best = kNothing;
  index_.ForEachCandidate(name, [&](const KeyIndex::Place& place) {
    const auto comparison = lists_[place.list]->Compare(place.entry, name);
    if (comparison == Comparison::kDiffers) return true;
    const Step step = ShortRules::StepOf(place.list, comparison == Comparison::kEquals);
    best = std::min(best, static_cast<uint64_t>(step) << 32 | place.entry);
    return true;
  });
  return {static_cast<Step>(best >> 32), static_cast<uint32_t>(best)};
}

}  // namespace ostiary::pdp
