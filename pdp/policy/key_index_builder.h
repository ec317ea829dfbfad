// KeyIndexBuilder: builds KeyIndexes of the entries of pattern lists.
//
// Belongs to one load; not thread-safe. Its memory is used again for each index.
#ifndef OSTIARY_PDP_POLICY_KEY_INDEX_BUILDER_H_
#define OSTIARY_PDP_POLICY_KEY_INDEX_BUILDER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "pdp/policy/affix_edges.h"
#include "pdp/policy/arena.h"
#include "pdp/policy/key_index.h"
#include "pdp/policy/key_table.h"
#include "pdp/policy/pattern_list.h"
#include "pdp/policy/search_name.h"

namespace ostiary::pdp {

class KeyIndexBuilder {
 public:
  // `arena` gets the indexes.
  explicit KeyIndexBuilder(Arena* arena) : arena_(*arena) {}
  KeyIndexBuilder(const KeyIndexBuilder&) = delete;
  KeyIndexBuilder& operator=(const KeyIndexBuilder&) = delete;

  // Of the entries of as many lists as an index takes; a nullptr is an empty list.
  KeyIndex Build(absl::Span<const PatternList* const> lists);
  // Makes the long ones among the lists of an index, which must stay where it is, be searched by
  // it: those that have none yet.
  static void Attach(const KeyIndex* index, absl::Span<const PatternList* const> lists);
  // Makes an index of its own for a long list that has none, where an index takes it. nullptr: no
  // list.
  void BuildFor(const PatternList* list);

 private:
  // The keys at one end that are no names.
  struct Affixes {
    std::vector<absl::string_view> short_ones;
    uint32_t sizes = 0;  // bit n: there is one of n bytes, up to kWordsSize
    // By the size of a text up to kWordsSize: how much of it is a key. Where there are many sizes,
    // and all keys of one stay different when they are cut to a lesser one that others have, they
    // are: a size is at times a look at the index for each name that is searched.
    std::array<uint8_t, kWordsSize + 1> cut_size{};
    std::vector<uint16_t> large;  // longer ones' sizes, with repetitions
  };

  void GatherAffixes(const PatternList& list);
  void PlanCuts();
  void CutAffixes(AffixEnd end);
  bool StayDifferent(AffixEnd end, size_t size, size_t lesser);
  absl::string_view KeyOf(AffixEnd end, absl::string_view text) const;
  void Add(const PatternList& list, KeyIndex::Place place);
  // The hash of the key of an entry with these ends. Chooses the end.
  uint64_t HashOfPattern(absl::string_view head, absl::string_view tail);
  void CopyBuckets(KeyIndex* index);
  KeyIndex::Code CodeOfKey(uint32_t first);
  void CopyExtra(KeyIndex* index);

  Arena& arena_;
  KeyTable table_;
  Affixes affixes_[2];       // by AffixEnd
  AffixEdges edges_;         // of the keys up to now
  uint32_t name_sizes_ = 0;  // likewise
  absl::flat_hash_map<uint64_t, uint64_t> cut_keys_;
  std::vector<KeyIndex::Code> codes_;  // of all entries up to now, by their numbers
  std::vector<KeyIndex::Code> chains_;
  std::vector<KeyIndex::Code> walked_;
  bool any_is_walked_ = false;  // a "*" of the list is among them
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_KEY_INDEX_BUILDER_H_
