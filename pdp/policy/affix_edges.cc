#include "pdp/policy/affix_edges.h"

namespace ostiary::pdp {

void AffixEdges::Add(AffixEnd end, absl::string_view key) {
  const auto at = static_cast<size_t>(end);
  const bool is_prefix = end == AffixEnd::kPrefix;
  const size_t affix_lane = AffixLane(end, key.size());
  const size_t lane = affix_lane % kWordsSize;
  const bool is_first = (sizes_ >> affix_lane & 1) == 0;
  sizes_ |= uint32_t{1} << affix_lane;
  edges_[at].Add(lane, is_prefix ? key.back() : key.front(), is_first);
  if (key.size() == 1) return;  // any byte may be beside it
  besides_[at].Add(lane, is_prefix ? key[key.size() - 2] : key[1], is_first);
}

}  // namespace ostiary::pdp
