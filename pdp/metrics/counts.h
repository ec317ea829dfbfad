// Metrics: what a PDP counts while it works, for whoever scrapes it (metric_families.h).
//
// One object to a process, owned by the serve command, outliving all that counts in it. Counting
// takes no lock, allocates nothing and never fails: relaxed atomics, and where every call counts
// (decision_counts.h, call_times.h) one shard of them per thread, so that threads do not contend.
// Any thread may count, any thread may read. A number that is read is one that was true at some
// moment; numbers that must fit together are read together elsewhere (PolicyStore,
// SessionRegistry).
//
// All labels are of sets fixed at compile time. Nothing here knows an agent, a server or a file.
#ifndef OSTIARY_PDP_METRICS_COUNTS_H_
#define OSTIARY_PDP_METRICS_COUNTS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "pdp/metrics/call_times.h"
#include "pdp/metrics/decision_counts.h"

namespace ostiary::pdp {

// How often something was loaded from files, the load at the start included. A look that found what
// was there before counts as neither.
struct LoadCounts {
  std::atomic<uint64_t> loaded{0};  // taken over
  std::atomic<uint64_t> failed{0};  // not taken over: the one before stays
};

// Why a caller was refused before anything was decided.
enum class Refusal : uint8_t {
  kUnidentified,    // it shows neither a certificate nor a token, where one is asked for
  kBadCertificate,  // its certificate has not exactly one SPIFFE URI
  kBadToken,  // its token is not one, or its signature, issuer, audience, time or pod is wrong
  kKeysUnavailable,  // its token could not be verified, since there are no keys
  kNotBound,         // it is known, and no binding lets it speak for that agent
  kNotAdmin,         // it is known, and no binding gives it the admin role
};
inline constexpr std::array kRefusals = {Refusal::kUnidentified, Refusal::kBadCertificate,
                                         Refusal::kBadToken,     Refusal::kKeysUnavailable,
                                         Refusal::kNotBound,     Refusal::kNotAdmin};

// The label, such as "BAD_TOKEN".
absl::string_view RefusalName(Refusal refusal);

class RefusalCounts {
 public:
  void Count(Refusal why) {
    counts_[static_cast<size_t>(why)].fetch_add(1, std::memory_order_relaxed);
  }
  uint64_t Read(Refusal why) const {
    return counts_[static_cast<size_t>(why)].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<uint64_t>, kRefusals.size()> counts_{};
};

// What sidecars say of their caches. They may say anything: one report counts as kMostOfReport at
// most, and the sum stops at kMost, the last whole number that Prometheus can tell from the next.
class CacheUsageCount {
 public:
  static constexpr uint64_t kMostOfReport = uint64_t{1} << 32;
  static constexpr uint64_t kMost = uint64_t{1} << 53;

  void Add(uint64_t reported);
  uint64_t Read() const { return sum_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> sum_{0};
};

struct Metrics {
  DecisionCounts decisions;
  CallTimes calls;
  CacheUsageCount cache_hits;
  CacheUsageCount cache_misses;
  LoadCounts bindings;
  RefusalCounts refused;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_METRICS_COUNTS_H_
