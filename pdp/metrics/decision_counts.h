// DecisionCounts: how many decisions were given, by effect and reason. Thread-safe, without locks.
#ifndef OSTIARY_PDP_METRICS_DECISION_COUNTS_H_
#define OSTIARY_PDP_METRICS_DECISION_COUNTS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "pdp/metrics/shard.h"
#include "pdp/policy/decision.h"

namespace ostiary::pdp {

// The decisions of one call, not counted yet: a batch may still come to nothing. One thread.
class DecisionTally {
 public:
  static constexpr size_t kEffects = static_cast<size_t>(Effect::kAllow) + 1;
  static constexpr size_t kReasons = static_cast<size_t>(Reason::kPromptNotAllowed) + 1;

  void Add(const Decision& decision) { ++counts_[Cell(decision.effect, decision.reason)]; }
  uint64_t Of(Effect effect, Reason reason) const { return counts_[Cell(effect, reason)]; }

 private:
  friend class DecisionCounts;
  static constexpr size_t kCells = kEffects * kReasons;
  static constexpr size_t Cell(Effect effect, Reason reason) {
    return static_cast<size_t>(effect) * kReasons + static_cast<size_t>(reason);
  }

  std::array<uint64_t, kCells> counts_{};
};

class DecisionCounts {
 public:
  void Count(const Decision& decision) {
    shards_[MetricShard()].cells[DecisionTally::Cell(decision.effect, decision.reason)].fetch_add(
        1, std::memory_order_relaxed);
  }
  void Count(const DecisionTally& tally);

  // The sums since the start.
  DecisionTally Read() const;

 private:
  struct alignas(64) Shard {
    std::array<std::atomic<uint64_t>, DecisionTally::kCells> cells{};
  };
  std::array<Shard, kMetricShards> shards_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_METRICS_DECISION_COUNTS_H_
