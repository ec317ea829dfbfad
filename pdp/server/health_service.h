// HealthService: grpc.health.v1.Health for the server as a whole ("") and for each service that it
// is told of. All of them share one state. Besides there is "liveness", which is SERVING for as
// long as the process answers, drain included: whoever restarts what is not alive must not do so
// for want of a policy.
//
// gRPC's own health service is not used for three reasons: it answers SERVING from the start of the
// server until it is told otherwise, it has no descriptor for reflection to show, and its watches
// hold up a drain until they are cancelled.
//
// Owned by PdpServer, called by gRPC and others from any thread.
#ifndef OSTIARY_PDP_SERVER_HEALTH_SERVICE_H_
#define OSTIARY_PDP_SERVER_HEALTH_SERVICE_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace ostiary::pdp {

class HealthService final : public grpc::health::v1::Health::CallbackService {
 public:
  using ServingStatus = grpc::health::v1::HealthCheckResponse::ServingStatus;

  // NOT_SERVING until told otherwise. `services` are full names. Past `max_watches` at once, one
  // more ends with RESOURCE_EXHAUSTED.
  HealthService(std::vector<std::string> services, size_t max_watches);
  ~HealthService() override;

  void SetStatus(ServingStatus status);

  // NOT_SERVING for good; each watch hears it and ends with `reason`.
  void Shutdown(const absl::Status& reason);

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

 private:
  class Watcher;

  bool Knows(const std::string& service) const;
  void Remove(Watcher* watcher);

  const std::vector<std::string> services_;
  const size_t max_watches_;

  Mutex mutex_;
  ServingStatus status_ ABSL_GUARDED_BY(mutex_);
  absl::Status shutdown_ ABSL_GUARDED_BY(mutex_);  // OK until Shutdown
  std::map<Watcher*, std::unique_ptr<Watcher>> watchers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_HEALTH_SERVICE_H_
