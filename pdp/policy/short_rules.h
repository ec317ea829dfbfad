// ShortRules: the entries that decide about names of one kind on one server, where they are few,
// searched at once rather than list by list.
//
// Made in a snapshot's arena, never changed; any thread may search. It holds the tags of all
// entries side by side: most names are shown to be in no list by one comparison of each of their
// hashes, without a look at the lists.
#ifndef OSTIARY_PDP_POLICY_SHORT_RULES_H_
#define OSTIARY_PDP_POLICY_SHORT_RULES_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/base/attributes.h"
#include "pdp/policy/pattern_list.h"
#include "pdp/policy/search_name.h"
#include "pdp/policy/tag_lanes.h"

namespace ostiary::pdp {

class alignas(64) ShortRules {
 public:
  // The lists that decide, in this order: what denies on the server, what denies on all servers,
  // and the one list that allows.
  enum Source : uint8_t { kOwnDeny, kAllDeny, kAllow };
  static constexpr size_t kSources = 3;
  struct List {
    const PatternList* list = nullptr;  // nullptr: there is none
    uint32_t id = 0;                    // of Decision::RuleId
  };
  using Lists = std::array<List, kSources>;

  // What decides, the first first; behind them, that nothing does.
  enum class Step : uint8_t {
    kOwnDenyEquals,
    kAllDenyEquals,
    kOwnDenyMatches,
    kAllDenyMatches,
    kAllowEquals,
    kAllowMatches,
    kNone
  };
  // The first entry of the first step that decides.
  struct Found {
    Step step = Step::kNone;
    uint32_t list = 0;  // its id
    uint32_t entry = 0;

    bool operator==(const Found&) const = default;
  };

  // The step of an entry of that source that equals the name, or matches it.
  static Step StepOf(size_t source, bool equals) {
    const size_t number = source == kAllow ? 4 + (equals ? 0 : 1) : source + (equals ? 0 : 2);
    return static_cast<Step>(number);
  }

  static size_t SourceOf(Step step) {
    if (step >= Step::kAllowEquals) return kAllow;
    return static_cast<size_t>(step) % 2;
  }

  // Whether lists can be searched so: few entries, under short keys.
  static bool Take(const Lists& lists);
  // Of lists that Take.
  explicit ShortRules(const Lists& lists);

  Found Find(const SearchName& name) const { return FindAmong(Candidates(name), name); }

  // The same in steps, for who can do without a call in nearly all cases.
  // A bit for each entry that may equal or match the name: seldom more than one, since tags of
  // different keys are seldom alike.
  uint32_t Candidates(const SearchName& name) const;
  // Of the one candidate that there is. Gives false where that takes more than a comparison.
  bool FindPlain(uint32_t candidate, const SearchName& name, Found* found) const;
  // Of any candidates.
  Found FindAmong(uint32_t candidates, const SearchName& name) const;

 private:
  static constexpr uint32_t kMostEntries = kFourTagLanes;

  size_t SourceOf(uint32_t bit) const {
    return size_t{bit >= first_[kAllDeny]} + size_t{bit >= first_[kAllow]};
  }

  uint16_t tags_[kMostEntries] = {};  // of the entries' keys
  uint32_t used_ = 0;                 // a bit for each entry
  uint32_t walked_ = 0;               // a bit for each that has no key
  // A bit for each size that a key has, by AffixEnd.
  uint32_t affix_sizes_[2] = {};
  uint8_t first_[kSources] = {};  // entry of each list
  uint32_t ids_[kSources] = {};
  const PatternList* lists_[kSources] = {};
};

inline uint32_t ShortRules::Candidates(const SearchName& name) const {
  WantedTags wanted(tags_, name.tag());
  for (uint64_t sizes = affix_sizes_[0]; sizes != 0; sizes &= sizes - 1) {
    wanted.Ask(ShortAffixTag<AffixEnd::kPrefix>(name, static_cast<size_t>(__builtin_ctzll(sizes))));
  }
  for (uint64_t sizes = affix_sizes_[1]; sizes != 0; sizes &= sizes - 1) {
    wanted.Ask(ShortAffixTag<AffixEnd::kSuffix>(name, static_cast<size_t>(__builtin_ctzll(sizes))));
  }
  return (wanted.bits() & used_) | walked_;
}

inline bool ShortRules::FindPlain(uint32_t candidate, const SearchName& name, Found* found) const {
  const auto bit = static_cast<uint32_t>(__builtin_ctz(candidate));
  const size_t source = SourceOf(bit);
  const uint32_t entry = bit - first_[source];
  const PatternList& list = *lists_[source];
  if (!list.IsPlain(entry, name)) return false;
  const auto comparison = list.ComparePlain(entry, name);
  if (comparison != PatternList::Comparison::kDiffers) {
    *found = {StepOf(source, comparison == PatternList::Comparison::kEquals), ids_[source], entry};
  }
  return true;
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_SHORT_RULES_H_
