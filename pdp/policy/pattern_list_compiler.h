// PatternListCompiler: builds pattern lists.
//
// Belongs to one load; not thread-safe. Its memory is used again for each list, so a load keeps
// one.
#ifndef OSTIARY_PDP_POLICY_PATTERN_LIST_COMPILER_H_
#define OSTIARY_PDP_POLICY_PATTERN_LIST_COMPILER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "pdp/policy/arena.h"
#include "pdp/policy/pattern.h"
#include "pdp/policy/pattern_list.h"
#include "pdp/policy/rules_document.h"

namespace ostiary::pdp {

class PatternListCompiler {
 public:
  // `arena` gets the lists.
  explicit PatternListCompiler(Arena* arena) : arena_(*arena) {}
  PatternListCompiler(const PatternListCompiler&) = delete;
  PatternListCompiler& operator=(const PatternListCompiler&) = delete;

  // Patterns among the entries must be good; places are kept relative to `list_offset`. A long list
  // is without an index (key_index_builder.h).
  const PatternList* Compile(absl::Span<const RuleEntry> entries, uint32_t list_offset);

 private:
  using Shape = PatternList::Shape;

  // The texts at an entry's ends that every name has which the entry matches. Of a name both are
  // the name; of "*" both are empty.
  struct Literals {
    absl::string_view head;
    absl::string_view tail;
  };
  // The sizes that keys have at one end.
  struct Sizes {
    uint64_t small = 0;           // bit n: there is one of n bytes
    std::vector<uint16_t> large;  // those past 63, with repetitions
    bool empty() const { return small == 0 && large.empty(); }
    void Add(size_t size);
    // Each moves sizes out, ascending, and says how many: those up to kWordsSize, at most `most`
    // of them; all that are left.
    size_t TakeShort(size_t most, uint8_t* out);
    size_t TakeAll(std::vector<uint16_t>* out);
  };

  void CopyEntries(absl::Span<const RuleEntry> entries, uint32_t list_offset);
  // Of an entry that is a name.
  static Literals Name(absl::string_view text) { return {text, text}; }
  // Finds out what the entry with that text is, and sets its shape.
  Literals Classify(uint32_t entry, absl::string_view text);
  Literals AddGlob(uint32_t entry);
  void AddToShort(uint32_t entry, const Literals& literals);
  void Finish();
  void AddExtra();

  Arena& arena_;
  PatternList* list_ = nullptr;
  PatternList::Entry* entries_ = nullptr;
  uint16_t* tags_ = nullptr;  // where it is short
  ParsedPattern parsed_;
  Sizes prefix_sizes_;
  Sizes suffix_sizes_;
  std::vector<uint16_t> sizes_;
  std::vector<Glob> globs_;
  std::vector<uint32_t> glob_entries_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_PATTERN_LIST_COMPILER_H_
