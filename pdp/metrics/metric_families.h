// What a scrape shows: everything that a PDP counts and is, as Prometheus' metric families.
//
// README.md lists the metrics, with their labels. Pure; any thread.
#ifndef OSTIARY_PDP_METRICS_METRIC_FAMILIES_H_
#define OSTIARY_PDP_METRICS_METRIC_FAMILIES_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "pdp/metrics/counts.h"
#include "pdp/reload/policy_store.h"
#include "prometheus/metric_family.h"

namespace ostiary::pdp {

// What is not counted but is so: the policy and the sidecars, from one moment.
struct PdpFigures {
  PolicyState policy;
  uint64_t sessions = 0;          // sidecars with a session that said hello
  uint64_t sessions_current = 0;  // of them, those that apply the present revision
};

// Each name once. A counter is there from the first scrape on, for each value of its labels that
// can be, so that its first increase is seen as one.
std::vector<prometheus::MetricFamily> MetricFamilies(const Metrics& metrics,
                                                     const PdpFigures& figures,
                                                     absl::string_view version);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_METRICS_METRIC_FAMILIES_H_
