#include "pdp/metrics/counts.h"

#include <algorithm>

namespace ostiary::pdp {

absl::string_view RefusalName(Refusal refusal) {
  switch (refusal) {
    case Refusal::kUnidentified:
      return "UNIDENTIFIED";
    case Refusal::kBadCertificate:
      return "BAD_CERTIFICATE";
    case Refusal::kBadToken:
      return "BAD_TOKEN";
    case Refusal::kKeysUnavailable:
      return "KEYS_UNAVAILABLE";
    case Refusal::kNotBound:
      return "NOT_BOUND";
    case Refusal::kNotAdmin:
      return "NOT_ADMIN";
  }
  return "UNSPECIFIED";
}

void CacheUsageCount::Add(uint64_t reported) {
  const uint64_t counted = std::min(reported, kMostOfReport);
  uint64_t sum = sum_.load(std::memory_order_relaxed);
  while (
      !sum_.compare_exchange_weak(sum, std::min(sum + counted, kMost), std::memory_order_relaxed)) {
  }
}

}  // namespace ostiary::pdp
