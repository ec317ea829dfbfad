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
#include <cstring>
#include <utility>

#include "absl/base/attributes.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "pdp/policy/arena.h"
#include "pdp/policy/key_index.h"
#include "pdp/policy/near.h"
#include "pdp/policy/pattern.h"
#include "pdp/policy/rules_document.h"
#include "pdp/policy/search_name.h"
#include "pdp/policy/tag_lanes.h"

namespace ostiary::pdp {

class PatternList {
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

  // Compiles one list, with an index of its own where it is long. Patterns among the entries must
  // be good; places are kept relative to `list_offset`.
  static const PatternList* Create(absl::Span<const RuleEntry> entries, uint32_t list_offset,
                                   Arena* arena);

  Match Find(const SearchName& name) const {
    return is_long() ? FindInLong(name) : FindInShort(name);
  }
  // False where Find surely finds nothing for any of these texts, which for a short list takes less
  // time than to Find each.
  bool MayFindAny(absl::Span<const RuleEntry> names) const;
  // The first entry behind `after` that matches `name` as a pattern. Walks all entries.
  uint32_t FindPatternAfter(uint32_t after, const SearchName& name) const;

  size_t size() const { return entry_count_; }
  bool is_long() const { return entry_count_ > kShort; }
  // Few entries, all of whose keys are short: what ShortRules takes.
  bool HasShortKeys() const { return !is_long() && (extra_.get() == nullptr || !HasOtherSizes()); }
  // The entry as written, decoded.
  absl::string_view entry(size_t i) const { return Text(entries()[i]); }
  // Its place, relative to the list's.
  uint32_t entry_offset(size_t i) const { return entries()[i].offset; }
  // The texts at both ends of every name that the entry matches: empty where there is none, the
  // same twice for a name.
  struct Ends {
    absl::string_view head;
    absl::string_view tail;
    bool is_name;
    bool are_all;  // no more is to be compared
  };
  Ends EndsOf(uint32_t entry) const;
  static Ends EndsOf(const Glob& glob);
  size_t pattern_count() const { return pattern_count_; }
  // Patterns that are more than a text and one "*" at one end.
  size_t glob_count() const { return glob_count_; }

 private:
  friend class Arena;
  friend class KeyIndexBuilder;
  friend class PatternListCompiler;
  friend class LongRules;
  friend class ShortRules;
  PatternList() = default;

  static constexpr size_t kInlineSizes = 8;

  // How an entry is compared. kGlob: by its tokens, among the globs.
  enum class Shape : uint8_t { kName, kPrefix, kSuffix, kAny, kEnds, kGlob };
  enum class Comparison : uint8_t { kDiffers, kEquals, kMatches };
  // A text of up to kWordsSize bytes stands in the entry itself, with zeros behind it, so that to
  // compare it is to read one place. Of a longer one the cell begins with where the text is, from
  // the list's own beginning, and with its size; `size` only says that it is longer.
  struct Entry {
    char cell[kWordsSize];
    uint8_t size;
    uint8_t head;          // of a pattern that is_plain: the bytes before its "*"
    uint8_t tail;          // likewise: those behind it
    uint8_t is_plain : 1;  // in the cell, and no kGlob
    uint8_t shape : 3;
    uint32_t offset;

    bool is_name() const { return shape == static_cast<uint8_t>(Shape::kName); }
  };
  // What few lists have.
  struct Extra {
    const uint16_t* sizes = nullptr;  // of keys, that are not among sizes_
    uint32_t prefix_sizes = 0;
    uint32_t suffix_sizes = 0;
    const Glob* globs = nullptr;  // by entry
    const uint32_t* glob_entries = nullptr;
    uint32_t globs_size = 0;
  };

  // Where the entries of a long list are found: among those of the lists of an index this is the
  // one with that number.
  struct Indexed {
    const KeyIndex* index = nullptr;  // nullptr: nowhere yet, and a search walks all entries
    size_t number = 0;
  };

  bool HasOtherSizes() const { return extra_->prefix_sizes + extra_->suffix_sizes != 0; }
  const Entry* entries() const { return reinterpret_cast<const Entry*>(this + 1); }
  // The list whose first entry that is.
  static const PatternList& Of(const Entry& first) {
    return *(reinterpret_cast<const PatternList*>(&first) - 1);
  }
  const char* behind_entries() const {
    return reinterpret_cast<const char*>(entries() + entry_count_);
  }
  char* behind_entries() { return const_cast<char*>(std::as_const(*this).behind_entries()); }
  // Of a short list: of each entry's key. Those of kShort entries may be read.
  const uint16_t* tags() const { return reinterpret_cast<const uint16_t*>(behind_entries()); }
  // Of a long list.
  const Indexed& indexed() const { return *reinterpret_cast<const Indexed*>(behind_entries()); }
  // kWordsSize bytes may be read before and behind a text.
  absl::string_view Text(const Entry& e) const {
    if (e.size > kWordsSize) {
      uint32_t place[2];
      std::memcpy(place, e.cell, sizeof(place));
      return {reinterpret_cast<const char*>(this) + place[0], place[1]};
    }
    return {e.cell, e.size};
  }
  // Calls visit(affixes, size) for the sizes of keys that are not among sizes_.
  template <typename Visit>
  void ForEachOtherAffix(const SearchName& name, const Visit& visit) const;
  // What the entry is to the name. One that equals it may be a pattern, and may not match it.
  Comparison Compare(uint32_t entry, const SearchName& name) const {
    return IsPlain(entry, name) ? ComparePlain(entry, name) : CompareOther(entry, name);
  }
  // Whether it takes no more than the entry's own bytes to compare it.
  bool IsPlain(uint32_t entry, const SearchName& name) const {
    return IsPlain(entries()[entry], name);
  }
  Comparison ComparePlain(uint32_t entry, const SearchName& name) const {
    return ComparePlain(entries()[entry], name);
  }
  static bool IsPlain(const Entry& e, const SearchName& name);
  static Comparison ComparePlain(const Entry& e, const SearchName& name);
  Comparison CompareOther(uint32_t entry, const SearchName& name) const ABSL_ATTRIBUTE_NOINLINE;
  bool Matches(uint32_t entry, const SearchName& name) const;
  const Glob& GlobOf(uint32_t entry) const;
  // Of a short list: a bit for each entry under a key of sizes_ that may equal or match the name.
  uint32_t Candidates(const SearchName& name) const;
  Match FindInShort(const SearchName& name) const;
  // Of a short list: among the entries whose bits are set.
  Match FindAmong(uint32_t candidates, const SearchName& name) const ABSL_ATTRIBUTE_NOINLINE;
  // Entries of a short list under keys of other sizes than sizes_.
  uint32_t OtherCandidates(const SearchName& name) const ABSL_ATTRIBUTE_NOINLINE;
  Match FindInLong(const SearchName& name) const;

  // Behind it stand the entries, behind those the tags or Indexed, behind that the long texts.
  uint32_t entry_count_ = 0;
  uint16_t walked_ = 0;       // of a short list: a bit for each entry without a key
  uint8_t prefix_count_ = 0;  // of sizes_
  uint8_t suffix_count_ = 0;
  uint8_t sizes_[kInlineSizes] = {};  // of keys up to kWordsSize: of prefixes, then of suffixes
  uint32_t pattern_count_ = 0;
  uint32_t glob_count_ = 0;
  Near<Extra> extra_;
  uint32_t unused_ = 0;  // what is behind begins at a multiple of eight bytes
};

static_assert(sizeof(PatternList) == 32);

inline bool PatternList::IsPlain(const Entry& e, const SearchName& name) {
  // A name of the pattern's size may be the pattern's text itself.
  return e.is_plain != 0 && (e.is_name() || e.size != name.size());
}

inline PatternList::Comparison PatternList::ComparePlain(const Entry& e, const SearchName& name) {
  if (e.is_name()) {
    return name.IsShort(e.cell, e.size) ? Comparison::kEquals : Comparison::kDiffers;
  }
  return name.HasEnds(e.cell, e.cell + e.size, e.head, e.tail) ? Comparison::kMatches
                                                               : Comparison::kDiffers;
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_PATTERN_LIST_H_
