#include "pdp/policy/short_rules.h"

#include <algorithm>

namespace ostiary::pdp {

bool ShortRules::Take(const Lists& lists) {
  size_t count = 0;
  for (const List& list : lists) {
    if (list.list == nullptr) continue;
    if (!list.list->HasShortKeys()) return false;
    count += list.list->size();
  }
  return count <= kMostEntries;
}

ShortRules::ShortRules(const Lists& lists) {
  uint32_t count = 0;
  for (size_t source = 0; source < kSources; ++source) {
    ids_[source] = lists[source].id;
    lists_[source] = lists[source].list;
    first_[source] = static_cast<uint8_t>(count);
    if (lists_[source] == nullptr) continue;
    const PatternList& list = *lists_[source];
    std::copy_n(list.tags_, list.size(), tags_ + count);
    walked_ |= uint32_t{list.walked_} << count;
    for (size_t i = 0; i < size_t{list.prefix_count_} + list.suffix_count_; ++i) {
      affix_sizes_[i < list.prefix_count_ ? 0 : 1] |= 1u << list.sizes_[i];
    }
    count += static_cast<uint32_t>(list.size());
  }
  used_ = static_cast<uint32_t>((uint64_t{1} << count) - 1);
}

ShortRules::Found ShortRules::FindAmong(uint32_t candidates, const SearchName& name) const {
  Found found;
  for (; candidates != 0; candidates &= candidates - 1) {
    const auto bit = static_cast<uint32_t>(__builtin_ctz(candidates));
    const size_t source = SourceOf(bit);
    const uint32_t entry = bit - first_[source];
    const auto comparison = lists_[source]->Compare(entry, name);
    if (comparison == PatternList::Comparison::kDiffers) continue;
    const Step step = StepOf(source, comparison == PatternList::Comparison::kEquals);
    if (step < found.step) found = {step, ids_[source], entry};
  }
  return found;
}

}  // namespace ostiary::pdp
