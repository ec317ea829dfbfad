#include "pdp/metrics/call_times.h"

namespace ostiary::pdp {

absl::string_view RpcName(Rpc rpc) {
  switch (rpc) {
    case Rpc::kCheck:
      return "Check";
    case Rpc::kBatchCheck:
      return "BatchCheck";
    case Rpc::kListServers:
      return "ListServers";
    case Rpc::kSessionCheck:
      return "SessionCheck";
  }
  return "";
}

void CallTimes::Count(Rpc rpc, MonoDuration took) {
  // From below, since nearly all calls are in the first few.
  size_t bucket = 0;
  while (bucket < kCallTimeBounds.size() && took > kCallTimeBounds[bucket]) ++bucket;
  Histogram& histogram = shards_[MetricShard()].histograms[static_cast<size_t>(rpc)];
  histogram.buckets[bucket].fetch_add(1, std::memory_order_relaxed);
  histogram.sum_ns.fetch_add(took.count(), std::memory_order_relaxed);
}

CallHistogram CallTimes::Read(Rpc rpc) const {
  CallHistogram sum;
  for (const Shard& shard : shards_) {
    const Histogram& histogram = shard.histograms[static_cast<size_t>(rpc)];
    for (size_t i = 0; i < sum.buckets.size(); ++i) {
      sum.buckets[i] += histogram.buckets[i].load(std::memory_order_relaxed);
    }
    sum.sum += MonoDuration(histogram.sum_ns.load(std::memory_order_relaxed));
  }
  return sum;
}

}  // namespace ostiary::pdp
