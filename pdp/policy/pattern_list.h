// PatternList: a compiled list of entries, each a name and maybe a pattern.
//
// Made once in an arena, which must outlive it, and never changed; any thread may search it.
// A search allocates nothing. Short lists are walked; in long ones a hash finds equal names and
// sorted prefixes and suffixes are searched by halving, so that only patterns of other shapes cost
// time each.
#ifndef OSTIARY_PDP_POLICY_PATTERN_LIST_H_
#define OSTIARY_PDP_POLICY_PATTERN_LIST_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "pdp/policy/arena.h"
#include "pdp/policy/pattern.h"
#include "pdp/policy/rules_document.h"

namespace ostiary::pdp {

// A name to look for in several lists: hashed at most once.
class SearchName {
 public:
  explicit SearchName(absl::string_view text) : text_(text) {}
  absl::string_view text() const { return text_; }
  size_t hash() const {
    if (!hash_.has_value()) hash_ = absl::Hash<absl::string_view>()(text_);
    return *hash_;
  }

 private:
  const absl::string_view text_;
  mutable std::optional<size_t> hash_;
};

struct ListIndex;

class PatternList {
 public:
  static constexpr uint32_t kNoEntry = 0xffffffff;

  // Patterns among the entries must be good. Entry offsets are kept relative to `list_offset`.
  static const PatternList* Create(absl::Span<const RuleEntry> entries, uint32_t list_offset,
                                   Arena* arena);

  // The first entry that equals `name`, or kNoEntry.
  uint32_t FindExact(const SearchName& name) const;
  // The first entry that matches `name` as a pattern, or kNoEntry.
  uint32_t FindPattern(const SearchName& name) const;
  // The next one behind the entry `after`. Walks the patterns, however many there are.
  uint32_t FindPatternAfter(uint32_t after, const SearchName& name) const;

  size_t size() const { return entry_count_; }
  // The entry as written, decoded.
  absl::string_view entry(size_t i) const { return EntryText(entries_[i]); }
  // Its place, relative to the list's.
  uint32_t entry_offset(size_t i) const { return entries_[i].offset; }
  size_t pattern_count() const { return wildcard_count_; }
  // Patterns that each cost time in a search.
  size_t glob_count() const { return glob_count_; }

 private:
  friend struct ListIndex;
  friend class Arena;
  friend class PatternListCompiler;
  PatternList() = default;

  struct Entry {
    uint32_t begin;  // in texts_
    uint32_t size;
    uint32_t offset;
  };
  // An entry with wildcards.
  struct Wildcard {
    PatternShape shape;
    uint32_t entry;
    uint32_t begin;  // of the literal, in texts_; for kGlob the index in globs_
    uint32_t size;
  };

  absl::string_view EntryText(const Entry& e) const { return {texts_ + e.begin, e.size}; }
  absl::string_view Literal(const Wildcard& w) const { return {texts_ + w.begin, w.size}; }
  bool Matches(const Wildcard& wildcard, absl::string_view name) const;

  const char* texts_ = nullptr;
  const Entry* entries_ = nullptr;
  const Wildcard* wildcards_ = nullptr;  // in the order of their entries
  const Glob* globs_ = nullptr;
  const ListIndex* index_ = nullptr;  // for long lists; then only some wildcards are walked
  uint32_t entry_count_ = 0;
  uint32_t wildcard_count_ = 0;
  uint32_t glob_count_ = 0;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_PATTERN_LIST_H_
