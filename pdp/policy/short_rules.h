// ShortRules: the entries that decide about names of one kind on one server, where they are few,
// searched at once rather than list by list.
//
// Made in the arena of its lists, never changed; any thread may search. The tags of all entries
// stand side by side behind it: most names are shown to be in no list by one comparison of each of
// their hashes, without a look at the lists.
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

class ShortRules {
 public:
  // The lists that decide, in this order: what denies on the server, what denies on all servers,
  // and the one list that allows.
  enum Source : uint8_t { kOwnDeny, kAllDeny, kAllow };
  static constexpr size_t kSources = 3;
  using Lists = std::array<const PatternList*, kSources>;  // nullptr: there is none

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
  // The first entry of the first step that decides, of the list of that step's source.
  struct Found {
    Step step = Step::kNone;
    uint32_t entry = 0;

    bool operator==(const Found&) const = default;
  };

  // The step of an entry of that source that equals the name, or matches it.
  static Step StepOf(size_t source, bool equals) {
    const size_t number = source == kAllow ? 4 + (equals ? 0 : 1) : source + (equals ? 0 : 2);
    return static_cast<Step>(number);
  }

  // Whether lists can be searched so: few entries, under short keys.
  static bool Take(const Lists& lists);
  static constexpr size_t kMostEntries = 4 * kTagLanes;
  // Of lists that Take, in as many bytes of their arena as SizeFor(entries of all lists).
  static const ShortRules* Make(const Lists& lists, char* memory);
  static constexpr size_t SizeFor(size_t entries);

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
  static constexpr size_t kFewLanes = 3;
  static constexpr size_t LanesFor(size_t entries) {
    return entries <= kFewLanes * kTagLanes ? kFewLanes : kFewLanes + 1;
  }

  explicit ShortRules(const Lists& lists);

  size_t SourceOf(uint32_t bit) const {
    return size_t{bit >= first_[kAllDeny]} + size_t{bit >= first_[kAllow]};
  }
  static constexpr intptr_t kUnit = 8;
  static constexpr int32_t kUnitsPerEntry = sizeof(PatternList::Entry) / kUnit;
  static_assert(sizeof(PatternList::Entry) % kUnit == 0);

  // Where the entries of a list begin of which the first has that bit.
  void Place(size_t source, uint32_t first, const PatternList& list);
  const PatternList::Entry& EntryAt(int32_t place) const {
    return *reinterpret_cast<const PatternList::Entry*>(reinterpret_cast<intptr_t>(this) +
                                                        place * kUnit);
  }
  // Only of a list that has entries.
  const PatternList& ListOf(size_t source) const {
    return PatternList::Of(EntryAt(places_[source] + kUnitsPerEntry * int32_t{first_[source]}));
  }
  // Of the entries' keys, and kNoListTag behind them.
  const uint16_t* tags() const { return reinterpret_cast<const uint16_t*>(this + 1); }
  template <Source kSource>
  bool FindPlainOf(uint32_t bit, const SearchName& name, Found* found) const;
  template <size_t kLanes>
  uint32_t WantedAmong(const SearchName& name) const;

  uint8_t first_[kSources] = {};  // entry of each list
  uint8_t lanes_ = 0;             // of tags
  uint32_t walked_ = 0;           // a bit for each entry that has no key
  // A bit for each size that a key has, by AffixEnd, the lowest for one byte.
  uint16_t affix_sizes_[2] = {};
  // Where the entry of each list would be whose bit is 0: from here, in kUnit bytes.
  int32_t places_[kSources] = {};
};
static_assert(sizeof(ShortRules) == 24);

constexpr size_t ShortRules::SizeFor(size_t entries) {
  return sizeof(ShortRules) + LanesFor(entries) * kTagLanes * sizeof(uint16_t);
}

template <size_t kLanes>
inline uint32_t ShortRules::WantedAmong(const SearchName& name) const {
  WantedTags<kLanes> wanted(tags(), name.tag());
  for (uint64_t sizes = uint64_t{affix_sizes_[0]} << 1; sizes != 0; sizes &= sizes - 1) {
    wanted.Ask(ShortAffixTag<AffixEnd::kPrefix>(name, static_cast<size_t>(__builtin_ctzll(sizes))));
  }
  for (uint64_t sizes = uint64_t{affix_sizes_[1]} << 1; sizes != 0; sizes &= sizes - 1) {
    wanted.Ask(ShortAffixTag<AffixEnd::kSuffix>(name, static_cast<size_t>(__builtin_ctzll(sizes))));
  }
  return wanted.bits();
}

inline uint32_t ShortRules::Candidates(const SearchName& name) const {
  const uint32_t wanted = lanes_ == kFewLanes ? WantedAmong<kFewLanes>(name) : WantedAmong<4>(name);
  return wanted | walked_;
}

template <ShortRules::Source kSource>
inline bool ShortRules::FindPlainOf(uint32_t bit, const SearchName& name, Found* found) const {
  const PatternList::Entry& entry =
      EntryAt(places_[kSource] + kUnitsPerEntry * static_cast<int32_t>(bit));
  if (!PatternList::IsPlain(entry, name)) return false;
  const auto comparison = PatternList::ComparePlain(entry, name);
  if (comparison != PatternList::Comparison::kDiffers) {
    *found = {StepOf(kSource, comparison == PatternList::Comparison::kEquals),
              bit - first_[kSource]};
  }
  return true;
}

// With branches, so that nothing waits until it is known of which list the entry is.
inline bool ShortRules::FindPlain(uint32_t candidate, const SearchName& name, Found* found) const {
  const auto bit = static_cast<uint32_t>(__builtin_ctz(candidate));
  if (bit >= first_[kAllow]) return FindPlainOf<kAllow>(bit, name, found);
  if (bit >= first_[kAllDeny]) return FindPlainOf<kAllDeny>(bit, name, found);
  return FindPlainOf<kOwnDeny>(bit, name, found);
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_SHORT_RULES_H_
