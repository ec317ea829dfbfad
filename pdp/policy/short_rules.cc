#include "pdp/policy/short_rules.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace ostiary::pdp {

bool ShortRules::Take(const Lists& lists) {
  size_t count = 0;
  for (const PatternList* list : lists) {
    if (list == nullptr) continue;
    if (!list->HasShortKeys()) return false;
    count += list->size();
  }
  return count <= kMostEntries;
}

const ShortRules* ShortRules::Make(const Lists& lists, char* memory) {
  return new (memory) ShortRules(lists);
}

ShortRules::ShortRules(const Lists& lists) {
  uint32_t count = 0;
  auto* const tags = reinterpret_cast<uint16_t*>(this + 1);
  for (size_t source = 0; source < kSources; ++source) {
    first_[source] = static_cast<uint8_t>(count);
    if (lists[source] == nullptr) continue;
    const PatternList& list = *lists[source];
    Place(source, count, list);
    std::copy_n(list.tags(), list.size(), tags + count);
    walked_ |= uint32_t{list.walked_} << count;
    for (size_t i = 0; i < size_t{list.prefix_count_} + list.suffix_count_; ++i) {
      affix_sizes_[i < list.prefix_count_ ? 0 : 1] |=
          static_cast<uint16_t>(1u << (list.sizes_[i] - 1));
    }
    count += static_cast<uint32_t>(list.size());
  }
  lanes_ = static_cast<uint8_t>(LanesFor(count));
  std::fill(tags + count, tags + lanes_ * kTagLanes, kNoListTag);
}

void ShortRules::Place(size_t source, uint32_t first, const PatternList& list) {
  const auto here = reinterpret_cast<intptr_t>(this);
  const auto entries = reinterpret_cast<intptr_t>(list.entries());
  const intptr_t place = (entries - here) / kUnit - intptr_t{kUnitsPerEntry} * first;
  places_[source] = static_cast<int32_t>(place);
  // No arena is as large; a wrong place would decide wrongly.
  if (places_[source] != place || (entries - here) % kUnit != 0) std::abort();
}

ShortRules::Found ShortRules::FindAmong(uint32_t candidates, const SearchName& name) const {
  Found found;
  for (; candidates != 0; candidates &= candidates - 1) {
    const auto bit = static_cast<uint32_t>(__builtin_ctz(candidates));
    const size_t source = SourceOf(bit);
    const uint32_t entry = bit - first_[source];
    const auto comparison = ListOf(source).Compare(entry, name);
    if (comparison == PatternList::Comparison::kDiffers) continue;
    const Step step = StepOf(source, comparison == PatternList::Comparison::kEquals);
    if (step < found.step) found = {step, entry};
  }
  return found;
}

}  // namespace ostiary::pdp
