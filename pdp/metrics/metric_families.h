// What a scrape shows: everything that a PDP counts and is, as Prometheus' metric families.
//
// README.md lists the metrics, with their labels. Pure; any thread.
#ifndef OSTIARY_PDP_METRICS_METRIC_FAMILIES_H_
#define OSTIARY_PDP_METRICS_METRIC_FAMILIES_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "pdp/metrics/counts.h"
#include "pdp/reload/policy_store.h"
#include "prometheus/metric_family.h"

namespace ostiary::pdp {

// The certificate that the PDP shows on its TLS ports.
struct CertificateFigures {
  uint64_t loaded = 0;  // times that a pair was taken over, the first included
  uint64_t failed = 0;  // readings that were not taken over
  absl::Time not_after = absl::InfiniteFuture();  // InfiniteFuture: there is no certificate
};

// What is not counted here but is so: the policy and the sidecars, from one moment, and the
// certificate.
struct PdpFigures {
  PolicyState policy;
  uint64_t sessions = 0;          // sidecars with a session that said hello
  uint64_t sessions_current = 0;  // of them, those that apply the present revision
  CertificateFigures certificate;
};

// Each name once. A counter is there from the first scrape on, for each value of its labels that
// can be, so that its first increase is seen as one.
std::vector<prometheus::MetricFamily> MetricFamilies(const Metrics& metrics,
                                                     const PdpFigures& figures,
                                                     absl::string_view version);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_METRICS_METRIC_FAMILIES_H_
