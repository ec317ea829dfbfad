// HealthListener: a port of its own for grpc.health.v1 and nothing else, in plaintext, since
// kubelet's gRPC probes cannot speak TLS. Whoever reaches it learns whether the PDP is ready. It
// holds a few hundred connections at once, and none that asks nothing for more than 5 s.
//
// Owned by PdpServer. SetStatus from any thread, the rest from one.
#ifndef OSTIARY_PDP_SERVER_HEALTH_LISTENER_H_
#define OSTIARY_PDP_SERVER_HEALTH_LISTENER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/server.h"
#include "pdp/server/health_service.h"

namespace ostiary::pdp {

class HealthListener {
 public:
  // `services` and `max_watches` as for HealthService; `address` is `host:port` or `unix:PATH`.
  // UNAVAILABLE where the address cannot be had.
  static absl::StatusOr<std::unique_ptr<HealthListener>> Create(const std::string& address,
                                                                std::vector<std::string> services,
                                                                size_t max_watches);
  ~HealthListener();
  HealthListener(const HealthListener&) = delete;
  HealthListener& operator=(const HealthListener&) = delete;

  // With the port that was taken.
  const std::string& address() const { return address_; }

  void SetStatus(HealthService::ServingStatus status) { health_.SetStatus(status); }
  // NOT_SERVING from now on. Goes on answering until it is destroyed: a drain is no death.
  void BeginDrain(const absl::Status& reason) { health_.Shutdown(reason); }

 private:
  HealthListener(std::vector<std::string> services, size_t max_watches)
      : health_(std::move(services), max_watches) {}

  HealthService health_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_HEALTH_LISTENER_H_
