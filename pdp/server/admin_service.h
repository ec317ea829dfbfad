// AdminService: ostiary.v1.PolicyAdminService on gRPC's callback API.
//
// Status is answered on gRPC's own threads, from one copy under one lock. Reload and Validate run
// on the AdminWorker, one after another, each with an answer of its own. Owned by PdpServer, called
// by gRPC from any thread.
#ifndef OSTIARY_PDP_SERVER_ADMIN_SERVICE_H_
#define OSTIARY_PDP_SERVER_ADMIN_SERVICE_H_

#include <vector>

#include "absl/status/status.h"
#include "ostiary/v1/admin.grpc.pb.h"
#include "pdp/policy/load.h"
#include "pdp/reload/reloader.h"
#include "pdp/server/admin_worker.h"
#include "pdp/server/caller_gate.h"
#include "pdp/server/drain_gate.h"
#include "pdp/server/session_registry.h"
#include "pdp/server/status_report.h"

namespace ostiary::pdp {

class AdminService final : public v1::PolicyAdminService::CallbackService {
 public:
  // All must outlive the service. `limits` hold for Validate's texts. Reload reads `others` too,
  // and tells of their issues.
  AdminService(ServerIdentity identity, const PolicyLimits& limits, const DrainGate& gate,
               const CallerGate& callers, const SessionRegistry& sessions, Reloader* reloader,
               std::vector<ReloadSubject*> others, AdminWorker* worker);

  grpc::ServerUnaryReactor* Status(grpc::CallbackServerContext* context,
                                   const v1::StatusRequest* request,
                                   v1::StatusResponse* response) override;
  grpc::ServerUnaryReactor* Reload(grpc::CallbackServerContext* context,
                                   const v1::ReloadRequest* request,
                                   v1::ReloadResponse* response) override;
  grpc::ServerUnaryReactor* Validate(grpc::CallbackServerContext* context,
                                     const v1::ValidateRequest* request,
                                     v1::ValidateResponse* response) override;

 private:
  // Whether the call may be answered at all.
  absl::Status Admit(const grpc::CallbackServerContext& context) const;
  ReloadOutcome ReloadAll(ReloadMode mode) const;

  const ServerIdentity identity_;
  const PolicyLimits limits_;
  const DrainGate& gate_;
  const CallerGate& callers_;
  const SessionRegistry& sessions_;
  Reloader* const reloader_;
  const std::vector<ReloadSubject*> others_;
  AdminWorker* const worker_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_ADMIN_SERVICE_H_
