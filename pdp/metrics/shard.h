// Which shard of a sharded count the calling thread uses: its own, while there are no more threads
// than shards. Two cores that add to the same counter pass its cache line to and fro.
#ifndef OSTIARY_PDP_METRICS_SHARD_H_
#define OSTIARY_PDP_METRICS_SHARD_H_

#include <cstddef>

namespace ostiary::pdp {

inline constexpr size_t kMetricShards = 16;

// Below kMetricShards, the same at each call of a thread.
size_t MetricShard();

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_METRICS_SHARD_H_
