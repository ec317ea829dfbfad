#include "pdp/metrics/metrics_endpoint.h"

#include <exception>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "prometheus/collectable.h"
#include "prometheus/exposer.h"

namespace ostiary::pdp {
namespace {

constexpr char kThreads[] = "4";
constexpr char kRequestTimeoutMs[] = "2000";

class Collector final : public prometheus::Collectable {
 public:
  explicit Collector(MetricsEndpoint::Collect collect) : collect_(std::move(collect)) {}
  std::vector<prometheus::MetricFamily> Collect() const override { return collect_(); }

 private:
  const MetricsEndpoint::Collect collect_;
};

}  // namespace

struct MetricsEndpoint::Rep {
  std::shared_ptr<Collector> collector;
  std::unique_ptr<prometheus::Exposer> exposer;  // ends before what it calls
  uint16_t port = 0;
};

MetricsEndpoint::MetricsEndpoint(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
MetricsEndpoint::~MetricsEndpoint() = default;

uint16_t MetricsEndpoint::port() const { return rep_->port; }

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Create(const std::string& host,
                                                                         uint16_t port,
                                                                         Collect collect) {
  const std::string address = absl::StrCat(host, ":", port);
  if (absl::StrContains(host, ':')) {
    return absl::InvalidArgumentError(
        absl::StrCat("metrics-listen: ", address,
                     " is IPv6, and metrics are served over IPv4 alone: give 0.0.0.0:", port,
                     ", or 127.0.0.1:", port));
  }
  auto rep = std::make_unique<Rep>();
  rep->collector = std::make_shared<Collector>(std::move(collect));
  try {
    rep->exposer = std::make_unique<prometheus::Exposer>(
        std::vector<std::string>{"listening_ports", address, "num_threads", kThreads,
                                 "request_timeout_ms", kRequestTimeoutMs, "tcp_nodelay", "1"});
    rep->exposer->RegisterCollectable(rep->collector);
    const std::vector<int> ports = rep->exposer->GetListeningPorts();
    if (ports.size() == 1) rep->port = static_cast<uint16_t>(ports.front());
  } catch (const std::exception&) {
    // Its text says nothing of the reason.
  }
  if (rep->port == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address,
                     " for metrics: another program listens there, or the address is not this "
                     "machine's; give another --metrics-listen"));
  }
  return std::unique_ptr<MetricsEndpoint>(new MetricsEndpoint(std::move(rep)));
}

}  // namespace ostiary::pdp
