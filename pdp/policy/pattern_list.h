// PatternList: a compiled list of entries, each a name and maybe a pattern.
//
// Made once in an arena (pattern_list_compiler.h), which must outlive it, and never changed; any
// thread may search it. A search allocates nothing.
//
// Each entry stands under a key: the name that it is, or the text before its first wildcard or
// behind its last. A name is looked for under its own hash and under that of each of its affixes
// that is as long as a key of the list; what is found there is compared in full. Only entries
// without such a text ("*", "*x*") are compared with every name.
#ifndef OSTIARY_PDP_POLICY_PATTERN_LIST_H_
#define OSTIARY_PDP_POLICY_PATTERN_LIST_H_

#include <cstddef>
#include <cstdint>

#include "absl/base/attributes.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "pdp/policy/arena.h"
#include "pdp/policy/list_index.h"
#include "pdp/policy/pattern.h"
#include "pdp/policy/rules_document.h"
#include "pdp/policy/search_name.h"
#include "pdp/policy/tag_lanes.h"

namespace ostiary::pdp {

class alignas(16) PatternList {
 public:
  static constexpr uint32_t kNoEntry = 0xffffffff;
  // Lists of so many entries are searched without an index.
  static constexpr size_t kShort = 2 * kTagLanes;

  // What a search found: the first entry that equals the name, or else the first that matches it as
  // a pattern. At most one of the two is set.
  struct Match {
    uint32_t exact = kNoEntry;
    uint32_t pattern = kNoEntry;
  };

  // Compiles one list. Patterns among the entries must be good; places are kept relative to
  // `list_offset`.
  static const PatternList* Create(absl::Span<const RuleEntry> entries, uint32_t list_offset,
                                   Arena* arena);

  Match Find(const SearchName& name) const {
    return entry_count_ <= kShort ? FindInShort(name) : FindInLong(name);
  }
  // False where Find surely finds nothing for any of these texts, which for a short list takes less
  // time than to Find each.
  bool MayFindAny(absl::Span<const RuleEntry> names) const;
  // The first entry behind `after` that matches `name` as a pattern. Walks all entries.
  uint32_t FindPatternAfter(uint32_t after, const SearchName& name) const;

  size_t size() const { return entry_count_; }
  // Few entries, all of whose keys are short: what ShortRules takes.
  bool HasShortKeys() const {
    return entry_count_ <= kShort && (extra_ == nullptr || !HasOtherSizes());
  }
  // The entry as written, decoded.
  absl::string_view entry(size_t i) const { return Text(entries()[i]); }
  // Its place, relative to the list's.
  uint32_t entry_offset(size_t i) const { return entries()[i].offset; }
  size_t pattern_count() const { return pattern_count_; }
  // Patterns that are more than a text and one "*" at one end.
  size_t glob_count() const { return glob_count_; }

 private:
  friend class Arena;
  friend class PatternListCompiler;
  friend class ShortRules;
  PatternList() : tags_{} {}

  static constexpr size_t kInlineSizes = 7;

  // How an entry is compared. kGlob: by its tokens, among the globs.
  enum class Shape : uint8_t { kName, kPrefix, kSuffix, kAny, kEnds, kGlob };
  enum class Comparison : uint8_t { kDiffers, kEquals, kMatches };
  struct Entry {
    uint32_t begin;  // of the text, from the list's own beginning
    uint32_t size : 29;
    uint32_t shape : 3;
    uint32_t offset;
  };
  // What few lists have.
  struct Extra {
    const uint16_t* sizes = nullptr;  // of keys, that are not among sizes_
    uint32_t prefix_sizes = 0;
    uint32_t suffix_sizes = 0;
    const uint32_t* walked = nullptr;  // of a long list: the entries without a key, in order
    const Glob* globs = nullptr;       // by entry
    const uint32_t* glob_entries = nullptr;
    uint32_t globs_size = 0;
    uint32_t walked_size = 0;
  };

  bool HasOtherSizes() const { return extra_->prefix_sizes + extra_->suffix_sizes != 0; }
  // The texts stand behind the entries. kWordsSize bytes may be read before and behind each.
  const Entry* entries() const { return reinterpret_cast<const Entry*>(this + 1); }
  const char* TextAt(uint32_t begin) const { return reinterpret_cast<const char*>(this) + begin; }
  absl::string_view Text(const Entry& e) const { return {TextAt(e.begin), e.size}; }
  // Calls visit(hash) for affixes of the name that are as long as a key: of sizes_, of extra_.
  template <typename Visit>
  void ForEachAffix(const SearchName& name, const Visit& visit) const;
  // Of those at one end with sizes at `sizes` those that the filter of a long list lets pass.
  template <AffixEnd kEnd, typename Visit>
  void ForEachLikely(const SearchName& name, const uint16_t* sizes, size_t count,
                     const Visit& visit) const;
  template <typename Visit>
  void ForEachOtherAffix(const SearchName& name, const Visit& visit) const;
  // What the entry is to the name. One that equals it may be a pattern, and may not match it.
  Comparison Compare(uint32_t entry, const SearchName& name) const;
  Comparison CompareOther(uint32_t entry, const SearchName& name) const ABSL_ATTRIBUTE_NOINLINE;
  bool Matches(uint32_t entry, const SearchName& name) const;
  const Glob& GlobOf(uint32_t entry) const;
  Match FindInShort(const SearchName& name) const;
  // Of a short list: among the entries whose bits are set.
  Match FindAmong(uint32_t candidates, const SearchName& name) const ABSL_ATTRIBUTE_NOINLINE;
  // Entries of a short list under keys of other sizes than sizes_.
  uint32_t OtherCandidates(const SearchName& name) const ABSL_ATTRIBUTE_NOINLINE;
  // The best of what a search of a long list found as one number, which stays in a register: an
  // entry that equals the name; kOnlyMatches more for one that matches it; kNothing.
  static constexpr uint32_t kOnlyMatches = 1u << 31;
  static constexpr uint32_t kNothing = 0xffffffff;
  // The better of `best` and what these entries are. Out of line, since most of what a search asks
  // the index is not there.
  uint32_t Better(uint32_t best, const ListIndex::Places& places,
                  const SearchName& name) const ABSL_ATTRIBUTE_NOINLINE;
  uint32_t Better(uint32_t best, uint32_t entry, const SearchName& name) const;
  // Of the entries that are not under a key of sizes_.
  uint32_t BetterOfOthers(uint32_t best, const SearchName& name) const ABSL_ATTRIBUTE_NOINLINE;
  Match FindInLong(const SearchName& name) const;

  // A search of a short list that finds nothing reads these 64 bytes and no others.
  uint32_t entry_count_ = 0;
  uint16_t prefix_count_ = 0;  // of sizes_
  uint16_t suffix_count_ = 0;
  const Extra* extra_ = nullptr;
  uint16_t walked_ = 0;                // of a short list: a bit for each entry without a key
  uint16_t sizes_[kInlineSizes] = {};  // of keys up to kWordsSize: of prefixes, then of suffixes
  union {
    uint16_t tags_[kShort];  // of a short list: of each entry's key
    ListIndex index_;        // of another
  };
  uint32_t pattern_count_ = 0;
  uint32_t glob_count_ = 0;
};

inline PatternList::Comparison PatternList::Compare(uint32_t entry, const SearchName& name) const {
  static_assert(static_cast<int>(Shape::kPrefix) == 1 && static_cast<int>(Shape::kSuffix) == 2);
  const Entry& e = entries()[entry];
  const char* const text = TextAt(e.begin);
  if (e.shape == static_cast<uint32_t>(Shape::kName)) {
    return name.Equals(text, e.size) ? Comparison::kEquals : Comparison::kDiffers;
  }
  // A name of the pattern's size may be the pattern's text itself.
  if (e.shape > static_cast<uint32_t>(Shape::kSuffix) || e.size > kWordsSize + 1 ||
      e.size == name.size()) {
    return CompareOther(entry, name);
  }
  const uint32_t end = e.shape - 1;  // as an AffixEnd: a branch on it would often be mispredicted
  const bool matches = name.HasShortAffix(static_cast<AffixEnd>(end), text + end, e.size - 1);
  return matches ? Comparison::kMatches : Comparison::kDiffers;
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_PATTERN_LIST_H_
