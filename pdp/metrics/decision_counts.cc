#include "pdp/metrics/decision_counts.h"

namespace ostiary::pdp {

void DecisionCounts::Count(const DecisionTally& tally) {
  Shard& shard = shards_[MetricShard()];
  for (size_t cell = 0; cell < tally.counts_.size(); ++cell) {
    if (tally.counts_[cell] == 0) continue;
    shard.cells[cell].fetch_add(tally.counts_[cell], std::memory_order_relaxed);
  }
}

DecisionTally DecisionCounts::Read() const {
  DecisionTally sum;
  for (const Shard& shard : shards_) {
    for (size_t cell = 0; cell < sum.counts_.size(); ++cell) {
      sum.counts_[cell] += shard.cells[cell].load(std::memory_order_relaxed);
    }
  }
  return sum;
}

}  // namespace ostiary::pdp
