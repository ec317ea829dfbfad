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
  };

  // The step of an entry of that source that equals the name, or matches it.
  static Step StepOf(size_t source, bool equals) {
    const size_t number = source == kAllow ? 4 + (equals ? 0 : 1) : source + (equals ? 0 : 2);
    return static_cast<Step>(number);
  }

  // Whether lists can be searched so: few entries, under short keys.
  static bool Take(const Lists& lists);
  // Of lists that Take.
  explicit ShortRules(const Lists& lists);

  Found Find(const SearchName& name) const ABSL_ATTRIBUTE_ALWAYS_INLINE;

 private:
  static constexpr uint32_t kMostEntries = kFourTagLanes;

  size_t SourceOf(uint32_t bit) const {
    return size_t{bit >= first_[kAllDeny]} + size_t{bit >= first_[kAllow]};
  }

  Found FindAmong(uint32_t candidates, const SearchName& name) const ABSL_ATTRIBUTE_NOINLINE;
  // A bit for each entry that may equal or match the name.
  uint32_t Candidates(const SearchName& name) const;

  uint16_t tags_[kMostEntries] = {};  // of the entries' keys
  uint32_t used_ = 0;                 // a bit for each entry
  uint32_t walked_ = 0;               // a bit for each that has no key
  uint64_t affixes_ = 0;              // a bit for each AffixPlace that a key has
  uint8_t first_[kSources] = {};      // entry of each list
  uint32_t ids_[kSources] = {};
  const PatternList* lists_[kSources] = {};
};

inline uint32_t ShortRules::Candidates(const SearchName& name) const {
  WantedTags wanted(tags_);
  wanted.Ask(TagOf(name.hash()));
  for (uint64_t affixes = affixes_; affixes != 0; affixes &= affixes - 1) {
    wanted.Ask(TagOf(AffixHashAt(name, static_cast<size_t>(__builtin_ctzll(affixes)))));
  }
  return (wanted.bits() & used_) | walked_;
}

inline ShortRules::Found ShortRules::Find(const SearchName& name) const {
  const uint32_t candidates = Candidates(name);
  if (candidates == 0) return {};
  if ((candidates & (candidates - 1)) != 0) return FindAmong(candidates, name);
  // Nearly always, since tags of different keys are seldom alike.
  const auto bit = static_cast<uint32_t>(__builtin_ctz(candidates));
  const size_t source = SourceOf(bit);
  const uint32_t entry = bit - first_[source];
  const auto comparison = lists_[source]->Compare(entry, name);
  if (comparison == PatternList::Comparison::kDiffers) return {};
  return {StepOf(source, comparison == PatternList::Comparison::kEquals), ids_[source], entry};
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_SHORT_RULES_H_
