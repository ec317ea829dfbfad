#include "pdp/policy/pattern_list.h"

#include <algorithm>

#include "pdp/policy/pattern_list_compiler.h"

namespace ostiary::pdp {
const PatternList* PatternList::Create(absl::Span<const RuleEntry> entries, uint32_t list_offset,
                                       Arena* arena) {
  return PatternListCompiler(arena).Compile(entries, list_offset);
}

template <typename Visit>
inline void PatternList::ForEachOtherAffix(const SearchName& name, const Visit& visit) const {
  const uint16_t* size = extra_->sizes;
  AffixHasher<AffixEnd::kPrefix> prefixes(name);
  for (uint32_t i = 0; i < extra_->prefix_sizes; ++i) visit(&prefixes, *size++);
  AffixHasher<AffixEnd::kSuffix> suffixes(name);
  for (uint32_t i = 0; i < extra_->suffix_sizes; ++i) visit(&suffixes, *size++);
}

template <AffixEnd kEnd, typename Visit>
inline void PatternList::ForEachLikely(const SearchName& name, const uint8_t* sizes, size_t count,
                                       const Visit& visit) const {
  if (count == 0) return;
  // Every key of these sizes begins (ends) with a text of the least of them.
  const uint64_t least = ShortAffixHash<kEnd>(name, sizes[0]);
  if (count > 1 && !index_.MayHave(least)) return;
  visit(least);
  for (size_t i = 1; i < count; ++i) visit(ShortAffixHash<kEnd>(name, sizes[i]));
}

inline uint32_t PatternList::Candidates(const SearchName& name) const {
  uint32_t candidates = EqualTagsOfTwo(tags_, name.tag());
  const uint8_t* size = sizes_;
  for (const uint8_t* const end = size + prefix_count_; size != end; ++size) {
    candidates |= EqualTagsOfTwo(tags_, ShortAffixTag<AffixEnd::kPrefix>(name, *size));
  }
  for (const uint8_t* const end = size + suffix_count_; size != end; ++size) {
    candidates |= EqualTagsOfTwo(tags_, ShortAffixTag<AffixEnd::kSuffix>(name, *size));
  }
  return candidates;
}

PatternList::Match PatternList::FindInShort(const SearchName& name) const {
  uint32_t candidates = walked_ | Candidates(name);
  if (extra_ != nullptr) candidates |= OtherCandidates(name);
  return candidates == 0 ? Match{} : FindAmong(candidates, name);
}

bool PatternList::MayFindAny(absl::Span<const RuleEntry> names) const {
  if (entry_count_ > kShort || extra_ != nullptr || walked_ != 0) return true;
  uint32_t candidates = 0;
  for (const RuleEntry& entry : names) candidates |= Candidates(SearchName(entry.text));
  return (candidates & ((1u << entry_count_) - 1)) != 0;
}

uint32_t PatternList::OtherCandidates(const SearchName& name) const {
  uint32_t candidates = 0;
  ForEachOtherAffix(name, [&](auto* affixes, size_t size) {
    candidates |= EqualTagsOfTwo(tags_, affixes->TagAt(size));
  });
  return candidates;
}

PatternList::Match PatternList::FindAmong(uint32_t candidates, const SearchName& name) const {
  Match match;
  for (; candidates != 0; candidates &= candidates - 1) {
    const auto entry = static_cast<uint32_t>(__builtin_ctz(candidates));
    if (entry >= entry_count_) break;
    const Comparison comparison = Compare(entry, name);
    if (comparison == Comparison::kEquals) return {entry, kNoEntry};
    if (comparison == Comparison::kMatches && match.pattern == kNoEntry) match.pattern = entry;
  }
  return match;
}

PatternList::Match PatternList::FindInLong(const SearchName& name) const {
  uint32_t best = kNothing;
  const auto look = [&](uint64_t hash) {
    const ListIndex::Places places = index_.Find(hash);
    if (places.bits != 0) best = Better(best, places, name);
  };
  look(name.hash());
  // Where a name equals, no entry with wildcards does: it would be written the same.
  if (best < kOnlyMatches) return {best, kNoEntry};
  ForEachLikely<AffixEnd::kPrefix>(name, sizes_, prefix_count_, look);
  ForEachLikely<AffixEnd::kSuffix>(name, sizes_ + prefix_count_, suffix_count_, look);
  if (extra_ != nullptr) best = BetterOfOthers(best, name);
  if (best < kOnlyMatches) return {best, kNoEntry};
  return {kNoEntry, best == kNothing ? kNoEntry : best - kOnlyMatches};
}

uint32_t PatternList::BetterOfOthers(uint32_t best, const SearchName& name) const {
  ForEachOtherAffix(name, [&](auto* affixes, size_t size) {
    best = Better(best, index_.Find(affixes->At(size)), name);
  });
  for (uint32_t i = 0; i < extra_->walked_size; ++i) best = Better(best, extra_->walked[i], name);
  return best;
}

uint32_t PatternList::Better(uint32_t best, const ListIndex::Places& places,
                             const SearchName& name) const {
  index_.ForEach(places, [&](uint32_t entry) { best = Better(best, entry, name); });
  return best;
}

inline uint32_t PatternList::Better(uint32_t best, uint32_t entry, const SearchName& name) const {
  if (best <= entry) return best;
  const Comparison comparison = Compare(entry, name);
  if (comparison == Comparison::kDiffers) return best;
  return std::min(best, comparison == Comparison::kEquals ? entry : entry + kOnlyMatches);
}

uint32_t PatternList::FindPatternAfter(uint32_t after, const SearchName& name) const {
  for (uint32_t entry = after + 1; entry < entry_count_; ++entry) {
    if (Matches(entry, name)) return entry;
  }
  return kNoEntry;
}

PatternList::Comparison PatternList::CompareOther(uint32_t entry, const SearchName& name) const {
  const Entry& e = entries()[entry];
  if (name.text() == Text(e)) return Comparison::kEquals;
  return Matches(entry, name) ? Comparison::kMatches : Comparison::kDiffers;
}

bool PatternList::Matches(uint32_t entry, const SearchName& name) const {
  const Entry& e = entries()[entry];
  const absl::string_view written = Text(e);
  const char* const text = written.data();
  switch (static_cast<Shape>(e.shape)) {
    case Shape::kName:
      return false;
    case Shape::kAny:
      return true;
    case Shape::kPrefix:
      return name.HasAffix<AffixEnd::kPrefix>(text, written.size() - 1);
    case Shape::kSuffix:
      return name.HasAffix<AffixEnd::kSuffix>(text + 1, written.size() - 1);
    case Shape::kEnds: {
      const size_t star = written.find('*');
      return written.size() <= name.size() + 1 && name.HasAffix<AffixEnd::kPrefix>(text, star) &&
             name.HasAffix<AffixEnd::kSuffix>(text + star + 1, written.size() - 1 - star);
    }
    case Shape::kGlob:
      return GlobOf(entry).Matches(name.text());
  }
  return false;
}

const Glob& PatternList::GlobOf(uint32_t entry) const {
  const uint32_t* const begin = extra_->glob_entries;
  const uint32_t* const end = begin + extra_->globs_size;
  return extra_->globs[std::lower_bound(begin, end, entry) - begin];
}

}  // namespace ostiary::pdp
