#include "pdp/policy/pattern_list.h"

#include <algorithm>

#include "pdp/policy/key_index_builder.h"
#include "pdp/policy/pattern_list_compiler.h"

namespace ostiary::pdp {
const PatternList* PatternList::Create(absl::Span<const RuleEntry> entries, uint32_t list_offset,
                                       Arena* arena) {
  const PatternList* const list = PatternListCompiler(arena).Compile(entries, list_offset);
  KeyIndexBuilder(arena).BuildFor(list);
  return list;
}

template <typename Visit>
inline void PatternList::ForEachOtherAffix(const SearchName& name, const Visit& visit) const {
  const uint16_t* size = extra_->sizes;
  AffixHasher<AffixEnd::kPrefix> prefixes(name);
  for (uint32_t i = 0; i < extra_->prefix_sizes; ++i) visit(&prefixes, *size++);
  AffixHasher<AffixEnd::kSuffix> suffixes(name);
  for (uint32_t i = 0; i < extra_->suffix_sizes; ++i) visit(&suffixes, *size++);
}

inline uint32_t PatternList::Candidates(const SearchName& name) const {
  uint32_t candidates = EqualTagsOfTwo(tags(), name.tag());
  const uint8_t* size = sizes_;
  for (const uint8_t* const end = size + prefix_count_; size != end; ++size) {
    candidates |= EqualTagsOfTwo(tags(), ShortAffixTag<AffixEnd::kPrefix>(name, *size));
  }
  for (const uint8_t* const end = size + suffix_count_; size != end; ++size) {
    candidates |= EqualTagsOfTwo(tags(), ShortAffixTag<AffixEnd::kSuffix>(name, *size));
  }
  return candidates;
}

PatternList::Match PatternList::FindInShort(const SearchName& name) const {
  uint32_t candidates = walked_ | Candidates(name);
  if (extra_.get() != nullptr) candidates |= OtherCandidates(name);
  return candidates == 0 ? Match{} : FindAmong(candidates, name);
}

bool PatternList::MayFindAny(absl::Span<const RuleEntry> names) const {
  if (is_long() || extra_.get() != nullptr || walked_ != 0) return true;
  uint32_t candidates = 0;
  for (const RuleEntry& entry : names) candidates |= Candidates(SearchName(entry.text));
  return (candidates & ((1u << entry_count_) - 1)) != 0;
}

uint32_t PatternList::OtherCandidates(const SearchName& name) const {
  uint32_t candidates = 0;
  ForEachOtherAffix(name, [&](auto* affixes, size_t size) {
    candidates |= EqualTagsOfTwo(tags(), affixes->TagAt(size));
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
  Match match;
  const auto compare = [&](uint32_t entry) {
    if (entry >= match.exact) return;
    const Comparison comparison = Compare(entry, name);
    if (comparison == Comparison::kEquals) match.exact = entry;
    if (comparison == Comparison::kMatches) match.pattern = std::min(match.pattern, entry);
  };
  const auto& [index, number] = indexed();
  if (index == nullptr) {
    for (uint32_t entry = 0; entry < entry_count_; ++entry) compare(entry);
  } else {
    index->ForEachCandidate(name, [&, number = number](const KeyIndex::Place& place) {
      if (place.list == number) compare(place.entry);
      return place.list <= number;
    });
  }
  if (match.exact != kNoEntry) match.pattern = kNoEntry;
  return match;
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

PatternList::Ends PatternList::EndsOf(uint32_t entry) const {
  const absl::string_view text = this->entry(entry);
  switch (static_cast<Shape>(entries()[entry].shape)) {
    case Shape::kName:
      return {text, text, true, true};
    case Shape::kAny:
      return {{}, {}, false, true};
    case Shape::kPrefix:
      return {text.substr(0, text.size() - 1), {}, false, true};
    case Shape::kSuffix:
      return {{}, text.substr(1), false, true};
    case Shape::kEnds: {
      const size_t star = text.find('*');
      return {text.substr(0, star), text.substr(star + 1), false, false};
    }
    case Shape::kGlob:
      break;
  }
  return EndsOf(GlobOf(entry));
}

PatternList::Ends PatternList::EndsOf(const Glob& glob) {
  const auto literal = [&](const GlobToken& token) {
    return token.kind == GlobToken::Kind::kText
               ? glob.text.substr(token.begin, token.end - token.begin)
               : absl::string_view();
  };
  return {literal(glob.tokens.front()), literal(glob.tokens.back()), false, false};
}

const Glob& PatternList::GlobOf(uint32_t entry) const {
  const uint32_t* const begin = extra_->glob_entries;
  const uint32_t* const end = begin + extra_->globs_size;
  return extra_->globs[std::lower_bound(begin, end, entry) - begin];
}

}  // namespace ostiary::pdp
