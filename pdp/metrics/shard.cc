#include "pdp/metrics/shard.h"

#include <atomic>

namespace ostiary::pdp {

size_t MetricShard() {
  static std::atomic<size_t> threads{0};
  thread_local const size_t shard = threads.fetch_add(1, std::memory_order_relaxed) % kMetricShards;
  return shard;
}

}  // namespace ostiary::pdp
