// LongRules: what ShortRules are, for lists that are not short together: one index of the entries
// of all lists that decide about names of one kind on one server.
//
// Made in a snapshot's arena, never changed; any thread may search.
#ifndef OSTIARY_PDP_POLICY_LONG_RULES_H_
#define OSTIARY_PDP_POLICY_LONG_RULES_H_

#include <cstddef>
#include <cstdint>

#include "pdp/policy/key_index.h"
#include "pdp/policy/pattern_list.h"
#include "pdp/policy/search_name.h"
#include "pdp/policy/short_rules.h"

namespace ostiary::pdp {

class LongRules {
 public:
  using Lists = ShortRules::Lists;
  using Found = ShortRules::Found;
  using Step = ShortRules::Step;

  // Whether lists are to be searched so: one is long at least, and an index takes all.
  static bool Take(const Lists& lists);
  // `index` is of the entries of these lists.
  LongRules(const Lists& lists, const KeyIndex& index) : index_(index), lists_(lists) {}

  Found Find(const SearchName& name) const;

  // The same in steps, for who can do without a call in nearly all cases.
  // It may know the one candidate that there is, or that there is none.
  const KeyIndex& index() const { return index_; }
  // Of that one; gives false where comparing it takes more than its own bytes.
  bool FindPlain(const KeyIndex::Place& place, const SearchName& name, Found* found) const {
    // With branches, so that its list need not be waited for.
    switch (place.list) {
      case ShortRules::kOwnDeny:
        return FindPlainIn<ShortRules::kOwnDeny>(place.entry, name, found);
      case ShortRules::kAllDeny:
        return FindPlainIn<ShortRules::kAllDeny>(place.entry, name, found);
      default:
        return FindPlainIn<ShortRules::kAllow>(place.entry, name, found);
    }
  }
  // Of the one candidate, whatever it takes. `name` may be one that is only compared.
  Found FindAt(const KeyIndex::Place& place, const SearchName& name) const {
    return FoundAt(place, lists_[place.list]->Compare(place.entry, name));
  }

 private:
  static constexpr size_t kSources = ShortRules::kSources;
  using Comparison = PatternList::Comparison;

  template <size_t kList>
  bool FindPlainIn(uint32_t entry, const SearchName& name, Found* found) const {
    const PatternList& list = *lists_.data()[kList];
    if (!list.IsPlain(entry, name)) return false;
    *found = FoundAt({kList, entry}, list.ComparePlain(entry, name));
    return true;
  }
  Found FoundAt(const KeyIndex::Place& place, Comparison comparison) const {
    if (comparison == Comparison::kDiffers) return {};
    return {ShortRules::StepOf(place.list, comparison == Comparison::kEquals), place.entry};
  }

  const KeyIndex index_;
  const Lists lists_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_LONG_RULES_H_
