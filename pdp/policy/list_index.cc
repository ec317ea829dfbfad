#include "pdp/policy/list_index.h"

#include <algorithm>
#include <cstring>

#include "absl/hash/hash.h"
#include "absl/numeric/bits.h"

namespace ostiary::pdp {
namespace {

// How many bytes `a` and `b` have in common at that end.
size_t CommonSize(AffixEnd end, absl::string_view a, absl::string_view b) {
  const size_t limit = std::min(a.size(), b.size());
  size_t n = 0;
  if (end == AffixEnd::kPrefix) {
    while (n < limit && a[n] == b[n]) ++n;
  } else {
    while (n < limit && a[a.size() - 1 - n] == b[b.size() - 1 - n]) ++n;
  }
  return n;
}

// Whether `a` comes before `b`, where `common` bytes are equal.
bool Before(AffixEnd end, absl::string_view a, absl::string_view b, size_t common) {
  if (common == b.size()) return false;
  if (common == a.size()) return true;
  const size_t i = end == AffixEnd::kPrefix ? common : a.size() - 1 - common;
  const size_t j = end == AffixEnd::kPrefix ? common : b.size() - 1 - common;
  return static_cast<uint8_t>(a[i]) < static_cast<uint8_t>(b[j]);
}

}  // namespace

ExactIndex ExactIndex::Create(absl::Span<const IndexedText> texts, Arena* arena) {
  const size_t size = absl::bit_ceil(std::max<size_t>(2, texts.size() * 2));
  absl::Span<Slot> slots = arena->NewArray<Slot>(size);
  for (const IndexedText& text : texts) {
    size_t at = absl::Hash<absl::string_view>()(text.text) & (size - 1);
    while (slots[at].text != nullptr &&
           absl::string_view(slots[at].text, slots[at].size) != text.text) {
      at = (at + 1) & (size - 1);
    }
    if (slots[at].text != nullptr) continue;  // the earlier entry stays
    slots[at] = {text.text.data(), static_cast<uint32_t>(text.text.size()), text.entry};
  }
  ExactIndex index;
  index.slots_ = slots;
  return index;
}

uint32_t ExactIndex::Find(absl::string_view text, size_t hash) const {
  const size_t mask = slots_.size() - 1;
  for (size_t at = hash & mask; slots_[at].text != nullptr; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (absl::string_view(slot.text, slot.size) == text) return slot.entry;
  }
  return kNoEntry;
}

AffixIndex AffixIndex::Create(AffixEnd end, std::vector<IndexedText> affixes, Arena* arena) {
  std::sort(affixes.begin(), affixes.end(), [end](const IndexedText& a, const IndexedText& b) {
    if (a.text == b.text) return a.entry < b.entry;
    return Before(end, a.text, b.text, CommonSize(end, a.text, b.text));
  });
  absl::Span<Node> nodes = arena->NewArray<Node>(affixes.size());
  for (uint32_t i = 0; i < nodes.size(); ++i) {
    nodes[i] = {affixes[i].text, kNoParent, affixes[i].entry};
    // In this order an affix's parents are among its predecessor and that one's parents. An equal
    // text is a parent too.
    uint32_t parent = i == 0 ? kNoParent : i - 1;
    while (parent != kNoParent &&
           CommonSize(end, nodes[parent].text, nodes[i].text) < nodes[parent].text.size()) {
      parent = nodes[parent].parent;
    }
    nodes[i].parent = parent;
    if (parent != kNoParent) nodes[i].lowest = std::min(nodes[i].lowest, nodes[parent].lowest);
  }
  AffixIndex index;
  index.end_ = end;
  index.nodes_ = nodes;
  return index;
}

uint32_t AffixIndex::Find(absl::string_view name) const {
  // All affixes of the name are its last predecessor in the order, or above that one.
  const auto behind = std::partition_point(nodes_.begin(), nodes_.end(), [&](const Node& node) {
    return !Before(end_, name, node.text, CommonSize(end_, name, node.text));
  });
  if (behind == nodes_.begin()) return kNoEntry;
  auto at = static_cast<uint32_t>(behind - nodes_.begin()) - 1;
  const size_t common = CommonSize(end_, name, nodes_[at].text);
  while (at != kNoParent && nodes_[at].text.size() > common) at = nodes_[at].parent;
  return at == kNoParent ? kNoEntry : nodes_[at].lowest;
}

}  // namespace ostiary::pdp
