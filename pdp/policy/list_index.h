// What makes long pattern lists fast: a hash of names, and sorted prefixes and suffixes.
//
// Parts of a PatternList; made in its arena, never changed, any thread may search.
#ifndef OSTIARY_PDP_POLICY_LIST_INDEX_H_
#define OSTIARY_PDP_POLICY_LIST_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "pdp/policy/arena.h"

namespace ostiary::pdp {

// A text of a list and the entry that it belongs to.
struct IndexedText {
  absl::string_view text;
  uint32_t entry = 0;
};

// Finds the first entry with a text, by an open-addressed hash.
class ExactIndex {
 public:
  static constexpr uint32_t kNoEntry = 0xffffffff;

  // Texts in the order of their entries; they must outlive the index.
  static ExactIndex Create(absl::Span<const IndexedText> texts, Arena* arena);

  // `hash` is absl::Hash of `text`.
  uint32_t Find(absl::string_view text, size_t hash) const;

 private:
  struct Slot {
    const char* text = nullptr;  // nullptr: free
    uint32_t size = 0;
    uint32_t entry = 0;
  };
  absl::Span<const Slot> slots_;  // a power of two, at most half full
};

// Which end of a name is compared.
enum class AffixEnd : uint8_t { kPrefix, kSuffix };

// Finds, of the affixes that a name starts (or ends) with, the lowest entry.
class AffixIndex {
 public:
  static constexpr uint32_t kNoEntry = 0xffffffff;

  static AffixIndex Create(AffixEnd end, std::vector<IndexedText> affixes, Arena* arena);

  uint32_t Find(absl::string_view name) const;

 private:
  static constexpr uint32_t kNoParent = 0xffffffff;
  struct Node {
    absl::string_view text;
    uint32_t parent = kNoParent;  // the longest other affix that this one starts (or ends) with
    uint32_t lowest = 0;          // the lowest entry of this one and all above
  };

  AffixEnd end_ = AffixEnd::kPrefix;
  // Sorted by their bytes, read from the end that is compared.
  absl::Span<const Node> nodes_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_LIST_INDEX_H_
