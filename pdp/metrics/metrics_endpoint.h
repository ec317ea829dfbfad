// MetricsEndpoint: /metrics over HTTP, for Prometheus to scrape.
//
// Plaintext and for anyone who can reach the port, so it is off unless asked for, and on a port of
// its own. It runs on threads of its own (few, so that scrapers cannot take the processors away
// from decisions) and ends a connection that neither sends its request nor reads its answer within
// some seconds. A scrape waits for others; decisions wait for none.
//
// Owned by the serve command; made and destroyed by one thread.
#ifndef OSTIARY_PDP_METRICS_METRICS_ENDPOINT_H_
#define OSTIARY_PDP_METRICS_METRICS_ENDPOINT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "prometheus/metric_family.h"

namespace ostiary::pdp {

class MetricsEndpoint {
 public:
  // What one scrape shows. Called from the endpoint's threads, several at once.
  using Collect = std::function<std::vector<prometheus::MetricFamily>()>;

  // Listens on `host`, an IPv4 address or a name that has one, and `port`, 0 for a free one.
  // INVALID_ARGUMENT for an IPv6 address, which Debian's civetweb was built without; UNAVAILABLE
  // where the address cannot be had.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Create(const std::string& host,
                                                                 uint16_t port, Collect collect);
  // Ends the scrapes that run. `collect` is not called any more.
  ~MetricsEndpoint();
  MetricsEndpoint(const MetricsEndpoint&) = delete;
  MetricsEndpoint& operator=(const MetricsEndpoint&) = delete;

  // The port that was taken.
  uint16_t port() const;

 private:
  struct Rep;
  explicit MetricsEndpoint(std::unique_ptr<Rep> rep);
  const std::unique_ptr<Rep> rep_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_METRICS_METRICS_ENDPOINT_H_
