// DecisionService: ostiary.v1.PolicyDecisionService on gRPC's callback API.
//
// Everything is answered on gRPC's own threads: a decision takes microseconds and never waits for a
// reload. Each call reads the store once, so one call is one snapshot. Owned by PdpServer, called
// by gRPC from any thread.
#ifndef OSTIARY_PDP_SERVER_DECISION_SERVICE_H_
#define OSTIARY_PDP_SERVER_DECISION_SERVICE_H_

#include "absl/status/status.h"
#include "common/clock.h"
#include "ostiary/v1/decision.grpc.pb.h"
#include "pdp/metrics/counts.h"
#include "pdp/reload/policy_store.h"
#include "pdp/server/access_validation.h"
#include "pdp/server/caller_gate.h"
#include "pdp/server/drain_gate.h"
#include "pdp/server/session_registry.h"

namespace ostiary::pdp {

class DecisionService final : public v1::PolicyDecisionService::CallbackService {
 public:
  // All must outlive the service.
  DecisionService(const PolicyStore& store, const RequestLimits& limits, const DrainGate& gate,
                  const CallerGate& callers, SessionRegistry* sessions, const Clock& clock,
                  Metrics* metrics);

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const v1::CheckRequest* request,
                                  v1::CheckResponse* response) override;
  grpc::ServerUnaryReactor* BatchCheck(grpc::CallbackServerContext* context,
                                       const v1::BatchCheckRequest* request,
                                       v1::BatchCheckResponse* response) override;
  grpc::ServerUnaryReactor* ListServers(grpc::CallbackServerContext* context,
                                        const v1::ListServersRequest* request,
                                        v1::ListServersResponse* response) override;
  grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionResponse>* Session(
      grpc::CallbackServerContext* context) override;

 private:
  absl::Status Answer(const grpc::ServerContextBase& context, const v1::CheckRequest& request,
                      v1::CheckResponse* response) const;
  absl::Status Answer(const grpc::ServerContextBase& context, const v1::BatchCheckRequest& request,
                      v1::BatchCheckResponse* response) const;
  absl::Status Answer(const grpc::ServerContextBase& context, const v1::ListServersRequest& request,
                      v1::ListServersResponse* response) const;

  const PolicyStore& store_;
  const RequestLimits& limits_;
  const DrainGate& gate_;
  const CallerGate& callers_;
  SessionRegistry* const sessions_;
  const Clock& clock_;
  Metrics* const metrics_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_DECISION_SERVICE_H_
