#include "pdp/policy/key_index_builder.h"

#include <algorithm>
#include <new>
#include <utility>

namespace ostiary::pdp {
namespace {

uint64_t KeyHash(AffixEnd end, absl::string_view key) {
  if (key.size() <= kWordsSize) return WholeAffixHash(end, key);
  const SearchName name(key);
  return end == AffixEnd::kPrefix ? AffixHasher<AffixEnd::kPrefix>(name).At(key.size())
                                  : AffixHasher<AffixEnd::kSuffix>(name).At(key.size());
}

// Moves sizes to the end of others, ascending, once each, and says how many they are.
uint32_t TakeSizes(std::vector<uint16_t>* sizes, std::vector<uint16_t>* out) {
  std::sort(sizes->begin(), sizes->end());
  const auto end = std::unique(sizes->begin(), sizes->end());
  const auto count = static_cast<uint32_t>(end - sizes->begin());
  out->insert(out->end(), sizes->begin(), end);
  sizes->clear();
  return count;
}

}  // namespace

KeyIndex KeyIndexBuilder::Build(absl::Span<const PatternList* const> lists) {
  size_t count = 0;
  for (const PatternList* list : lists) count += list == nullptr ? 0 : list->size();
  KeyIndex index;
  table_.Start(count);
  codes_.clear();
  for (const PatternList* list : lists) {
    if (list != nullptr) GatherAffixes(*list);
  }
  PlanCuts();
  for (size_t list = 0; list < lists.size(); ++list) {
    if (lists[list] == nullptr) continue;
    any_is_walked_ = false;
    const auto size = static_cast<uint32_t>(lists[list]->size());
    for (uint32_t entry = 0; entry < size; ++entry) Add(*lists[list], {list, entry});
  }
  CopyBuckets(&index);
  CopyExtra(&index);
  index.edges_ = std::exchange(edges_, {});
  index.name_sizes_ = std::exchange(name_sizes_, 0);
  index.is_simple_ = index.extra_ == nullptr && index.edges_.size_count() < KeyIndex::kFewHashes;
  return index;
}

void KeyIndexBuilder::Attach(const KeyIndex* index, absl::Span<const PatternList* const> lists) {
  for (size_t i = 0; i < lists.size(); ++i) {
    if (lists[i] == nullptr || !lists[i]->is_long()) continue;
    // Nobody but the load that makes it has seen the list.
    auto* const list = const_cast<PatternList*>(lists[i]);  // NOLINT
    PatternList::Indexed& indexed =
        *reinterpret_cast<PatternList::Indexed*>(list->behind_entries());
    if (indexed.index == nullptr) indexed = {index, i};
  }
}

void KeyIndexBuilder::BuildFor(const PatternList* list) {
  if (list == nullptr || !list->is_long() || list->indexed().index != nullptr) return;
  if (list->size() >= KeyIndex::kMostEntries) return;
  const KeyIndex index = Build({&list, 1});
  Attach(arena_.Copy(absl::MakeConstSpan(&index, 1)).data(), {&list, 1});
}

void KeyIndexBuilder::Add(const PatternList& list, KeyIndex::Place place) {
  const PatternList::Ends ends = list.EndsOf(place.entry);
  const auto number = static_cast<uint32_t>(codes_.size());
  codes_.push_back(KeyIndex::CodeOf(place));
  if (ends.head.empty() && ends.tail.empty() && !ends.is_name) {
    // The first "*" matches all that its repetitions do.
    if (!ends.are_all || !any_is_walked_) walked_.push_back(codes_.back());
    any_is_walked_ |= ends.are_all;
    return;
  }
  const absl::string_view text = list.entry(place.entry);
  if (ends.is_name) name_sizes_ |= KeyIndex::SizeBit(text.size());
  const uint64_t hash =
      ends.is_name ? SearchName(text).hash() : HashOfPattern(ends.head, ends.tail);
  const uint32_t known = table_.Find(hash);
  if (known == KeyTable::kNone) {
    if (!table_.Add(hash, number)) walked_.push_back(codes_.back());
  } else if (number - known > place.entry || list.entry(place.entry - (number - known)) != text) {
    // What matches all under its key stands first, so that its repetitions are seen.
    if (ends.are_all) {
      table_.Add(hash, number);
    } else {
      table_.AddBehind(known, number);
    }
  }
}

void KeyIndexBuilder::GatherAffixes(const PatternList& list) {
  for (uint32_t entry = 0; entry < list.size(); ++entry) {
    const PatternList::Ends ends = list.EndsOf(entry);
    if (ends.is_name || (ends.head.empty() && ends.tail.empty())) continue;
    const bool by_head = ends.head.size() >= ends.tail.size();
    const absl::string_view key = by_head ? ends.head : ends.tail;
    if (key.size() > kWordsSize) continue;
    Affixes& affixes = affixes_[by_head ? 0 : 1];
    affixes.short_ones.push_back(key);
    affixes.sizes |= 1u << key.size();
  }
}

// Keys that stop where a pattern's wildcard begins are told apart by their edges, so few sizes stay
// as they are.
void KeyIndexBuilder::PlanCuts() {
  size_t count = 0;
  for (Affixes& affixes : affixes_) {
    count += static_cast<size_t>(__builtin_popcount(affixes.sizes));
    for (size_t size = 0; size <= kWordsSize; ++size) {
      affixes.cut_size[size] = static_cast<uint8_t>(size);
    }
  }
  if (count >= KeyIndex::kFewHashes) {
    CutAffixes(AffixEnd::kPrefix);
    CutAffixes(AffixEnd::kSuffix);
  }
  for (Affixes& affixes : affixes_) {
    affixes.short_ones.clear();
    affixes.sizes = 0;
  }
}

void KeyIndexBuilder::CutAffixes(AffixEnd end) {
  Affixes& affixes = affixes_[static_cast<size_t>(end)];
  for (uint32_t left = affixes.sizes; (left & (left - 1)) != 0;) {
    const size_t size = 31 - static_cast<size_t>(__builtin_clz(left));
    left &= ~(1u << size);
    const size_t lesser = 31 - static_cast<size_t>(__builtin_clz(left));
    if (!StayDifferent(end, size, lesser)) continue;
    for (uint8_t& cut : affixes.cut_size) {
      if (cut == size) cut = static_cast<uint8_t>(lesser);
    }
  }
}

// Whether keys that are cut to these sizes by now stay different if all are cut to the lesser.
bool KeyIndexBuilder::StayDifferent(AffixEnd end, size_t size, size_t lesser) {
  const Affixes& affixes = affixes_[static_cast<size_t>(end)];
  cut_keys_.clear();
  for (const absl::string_view affix : affixes.short_ones) {
    const size_t cut = affixes.cut_size[affix.size()];
    if (cut != size && cut != lesser) continue;
    const uint64_t whole = KeyHash(end, affix);
    const auto [known, is_new] =
        cut_keys_.try_emplace(KeyHash(end, AffixOf(end, affix, lesser)), whole);
    if (!is_new && known->second != whole) return false;
  }
  return true;
}

// The part of a text at that end of a pattern that it is found by.
absl::string_view KeyIndexBuilder::KeyOf(AffixEnd end, absl::string_view text) const {
  if (text.size() > kWordsSize) return AffixOf(end, text, kMaxKeySize);
  return AffixOf(end, text, affixes_[static_cast<size_t>(end)].cut_size[text.size()]);
}

uint64_t KeyIndexBuilder::HashOfPattern(absl::string_view head, absl::string_view tail) {
  bool by_head = head.size() >= tail.size();
  head = KeyOf(AffixEnd::kPrefix, head);
  tail = KeyOf(AffixEnd::kSuffix, tail);
  const uint64_t head_hash = head.empty() ? 0 : KeyHash(AffixEnd::kPrefix, head);
  const uint64_t tail_hash = tail.empty() ? 0 : KeyHash(AffixEnd::kSuffix, tail);
  if (!head.empty() && !tail.empty()) {
    // Entries under one key are compared one by one, so take the key that is still free.
    const bool head_taken = table_.Find(head_hash) != KeyTable::kNone;
    const bool tail_taken = table_.Find(tail_hash) != KeyTable::kNone;
    if (head_taken != tail_taken) by_head = tail_taken;
  }
  const absl::string_view key = by_head ? head : tail;
  const AffixEnd end = by_head ? AffixEnd::kPrefix : AffixEnd::kSuffix;
  if (key.size() <= kWordsSize) {
    edges_.Add(end, key);
  } else {
    affixes_[static_cast<size_t>(end)].large.push_back(static_cast<uint16_t>(key.size()));
  }
  return by_head ? head_hash : tail_hash;
}

void KeyIndexBuilder::CopyBuckets(KeyIndex* index) {
  const size_t count = table_.bucket_count_;
  char* const memory = arena_.NewBytes(count * sizeof(KeyIndex::Bucket), alignof(KeyIndex::Bucket));
  auto* const buckets = reinterpret_cast<KeyIndex::Bucket*>(memory);
  for (size_t i = 0; i < count; ++i) new (&buckets[i]) KeyIndex::Bucket();
  for (size_t i = 0; i < table_.places_.size(); ++i) {
    const auto& [hash, first] = table_.places_[i];
    if (first == KeyTable::kNone) continue;
    buckets[i / kTagLanes].tags[i % kTagLanes] = TagOf(hash);
    buckets[i / kTagLanes].codes[i % kTagLanes] = CodeOfKey(first);
    const size_t home = KeyIndex::HomeOf(hash, count);
    if (home != i / kTagLanes) buckets[home].passed |= uint64_t{1} << KeyIndex::PassedBit(hash);
  }
  index->buckets_ = buckets;
  index->bucket_count_ = static_cast<uint32_t>(count);
  index->chains_ = arena_.Copy(absl::MakeConstSpan(chains_)).data();
  chains_.clear();
}

// Of the entries under one key.
KeyIndex::Code KeyIndexBuilder::CodeOfKey(uint32_t first) {
  if (table_.next_[first] == KeyTable::kNone) return codes_[first];
  const auto begin = static_cast<KeyIndex::Code>(chains_.size());
  for (uint32_t entry = first; entry != KeyTable::kNone; entry = table_.next_[entry]) {
    chains_.push_back(codes_[entry] | KeyIndex::kMore);
  }
  std::sort(chains_.begin() + begin, chains_.end());
  chains_.back() &= ~KeyIndex::kMore;
  return begin | KeyIndex::kMore;
}

void KeyIndexBuilder::CopyExtra(KeyIndex* index) {
  KeyIndex::Extra extra;
  std::vector<uint16_t> sizes;
  extra.prefix_sizes = TakeSizes(&affixes_[0].large, &sizes);
  extra.suffix_sizes = TakeSizes(&affixes_[1].large, &sizes);
  if (sizes.empty() && walked_.empty()) return;
  extra.sizes = arena_.Copy(absl::MakeConstSpan(sizes)).data();
  extra.walked = arena_.Copy(absl::MakeConstSpan(walked_)).data();
  extra.walked_count = static_cast<uint32_t>(walked_.size());
  walked_.clear();
  index->extra_ = arena_.Copy(absl::MakeConstSpan(&extra, 1)).data();
}

}  // namespace ostiary::pdp
