// CallTimes: how long the decision service took for each of its calls, as a histogram per rpc.
// Thread-safe, without locks.
//
// Measured is what the PDP itself does: checking the request, deciding, filling the answer. What
// gRPC and the network take is not in it, nor how long a session's check waited for its turn.
#ifndef OSTIARY_PDP_METRICS_CALL_TIMES_H_
#define OSTIARY_PDP_METRICS_CALL_TIMES_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "pdp/metrics/shard.h"

namespace ostiary::pdp {

enum class Rpc : uint8_t { kCheck, kBatchCheck, kListServers, kSessionCheck };
inline constexpr std::array kRpcs = {Rpc::kCheck, Rpc::kBatchCheck, Rpc::kListServers,
                                     Rpc::kSessionCheck};

// The label: "Check", "BatchCheck", "ListServers", "SessionCheck".
absl::string_view RpcName(Rpc rpc);

// A time of exactly a bound belongs to that bucket, as Prometheus has it. What is longer than the
// last belongs to one more, without a bound.
inline constexpr std::array<MonoDuration, 16> kCallTimeBounds = {
    std::chrono::microseconds(1),   std::chrono::nanoseconds(2500),  std::chrono::microseconds(5),
    std::chrono::microseconds(10),  std::chrono::microseconds(25),   std::chrono::microseconds(50),
    std::chrono::microseconds(100), std::chrono::microseconds(250),  std::chrono::microseconds(500),
    std::chrono::milliseconds(1),   std::chrono::microseconds(2500), std::chrono::milliseconds(5),
    std::chrono::milliseconds(10),  std::chrono::milliseconds(25),   std::chrono::milliseconds(100),
    std::chrono::seconds(1)};

// One rpc's histogram. The number of calls is the sum of the buckets.
struct CallHistogram {
  std::array<uint64_t, kCallTimeBounds.size() + 1> buckets{};  // not cumulative
  MonoDuration sum{};
};

class CallTimes {
 public:
  void Count(Rpc rpc, MonoDuration took);

  CallHistogram Read(Rpc rpc) const;

 private:
  struct Histogram {
    std::array<std::atomic<uint64_t>, kCallTimeBounds.size() + 1> buckets{};
    std::atomic<int64_t> sum_ns{0};
  };
  struct alignas(64) Shard {
    std::array<Histogram, kRpcs.size()> histograms;
  };
  std::array<Shard, kMetricShards> shards_;
};

// Counts the time from its construction to its destruction.
class CallTimer {
 public:
  // Both must outlive the timer.
  CallTimer(Rpc rpc, const Clock& clock, CallTimes* times)
      : rpc_(rpc), clock_(clock), times_(times), start_(clock.Now()) {}
  ~CallTimer() { times_->Count(rpc_, clock_.Now() - start_); }
  CallTimer(const CallTimer&) = delete;
  CallTimer& operator=(const CallTimer&) = delete;

 private:
  const Rpc rpc_;
  const Clock& clock_;
  CallTimes* const times_;
  const MonoTime start_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_METRICS_CALL_TIMES_H_
