#include "pdp/server/decision_service.h"

#include <memory>
#include <utility>

#include "common/status_macros.h"
#include "pdp/server/convert.h"
#include "pdp/server/decide.h"
#include "pdp/server/ended_reactor.h"

namespace ostiary::pdp {
namespace {

grpc::ServerUnaryReactor* Finished(grpc::CallbackServerContext* context,
                                   const absl::Status& status) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

}  // namespace

DecisionService::DecisionService(const PolicyStore& store, const RequestLimits& limits,
                                 const DrainGate& gate, const CallerGate& callers,
                                 SessionRegistry* sessions, const Clock& clock, Metrics* metrics)
    : store_(store),
      limits_(limits),
      gate_(gate),
      callers_(callers),
      sessions_(sessions),
      clock_(clock),
      metrics_(metrics) {}

grpc::ServerUnaryReactor* DecisionService::Check(grpc::CallbackServerContext* context,
                                                 const v1::CheckRequest* request,
                                                 v1::CheckResponse* response) {
  return Finished(context, Answer(*context, *request, response));
}

grpc::ServerUnaryReactor* DecisionService::BatchCheck(grpc::CallbackServerContext* context,
                                                      const v1::BatchCheckRequest* request,
                                                      v1::BatchCheckResponse* response) {
  return Finished(context, Answer(*context, *request, response));
}

grpc::ServerUnaryReactor* DecisionService::ListServers(grpc::CallbackServerContext* context,
                                                       const v1::ListServersRequest* request,
                                                       v1::ListServersResponse* response) {
  return Finished(context, Answer(*context, *request, response));
}

grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionResponse>* DecisionService::Session(
    grpc::CallbackServerContext* context) {
  using Refused = EndedReactor<v1::SessionRequest, v1::SessionResponse>;
  if (const absl::Status status = gate_.Enter(); !status.ok()) return new Refused(status);
  absl::StatusOr<SessionRight> right = callers_.OpenSession(*context);
  if (!right.ok()) return new Refused(right.status());
  absl::StatusOr<pdp::Session*> session = sessions_->Open(*std::move(right));
  if (!session.ok()) return new Refused(session.status());
  return *session;
}

absl::Status DecisionService::Answer(const grpc::ServerContextBase& context,
                                     const v1::CheckRequest& request,
                                     v1::CheckResponse* response) const {
  const CallTimer timer(Rpc::kCheck, clock_, &metrics_->calls);
  OSTIARY_RETURN_IF_ERROR(gate_.Enter());
  OSTIARY_RETURN_IF_ERROR(ValidateAgent(request.agent(), limits_));
  OSTIARY_RETURN_IF_ERROR(callers_.MayActAs(context, request.agent()));
  if (!request.has_access()) {
    return absl::InvalidArgumentError("access is missing: say what is accessed");
  }
  const std::shared_ptr<const PublishedPolicy> policy = store_.Current();
  OSTIARY_RETURN_IF_ERROR(RequirePolicy(policy.get()));
  RevisionToProto(policy->revision, response->mutable_revision());
  return DecideOne(*policy, request.agent(), request.access(), limits_, &metrics_->decisions,
                   response->mutable_decision());
}

absl::Status DecisionService::Answer(const grpc::ServerContextBase& context,
                                     const v1::BatchCheckRequest& request,
                                     v1::BatchCheckResponse* response) const {
  const CallTimer timer(Rpc::kBatchCheck, clock_, &metrics_->calls);
  OSTIARY_RETURN_IF_ERROR(gate_.Enter());
  OSTIARY_RETURN_IF_ERROR(ValidateAgent(request.agent(), limits_));
  OSTIARY_RETURN_IF_ERROR(callers_.MayActAs(context, request.agent()));
  const std::shared_ptr<const PublishedPolicy> policy = store_.Current();
  OSTIARY_RETURN_IF_ERROR(RequirePolicy(policy.get()));
  RevisionToProto(policy->revision, response->mutable_revision());
  return DecideAll(*policy, request.agent(), request.accesses(), limits_, &metrics_->decisions,
                   response->mutable_decisions());
}

absl::Status DecisionService::Answer(const grpc::ServerContextBase& context,
                                     const v1::ListServersRequest& request,
                                     v1::ListServersResponse* response) const {
  const CallTimer timer(Rpc::kListServers, clock_, &metrics_->calls);
  OSTIARY_RETURN_IF_ERROR(gate_.Enter());
  OSTIARY_RETURN_IF_ERROR(ValidateAgent(request.agent(), limits_));
  OSTIARY_RETURN_IF_ERROR(callers_.MayActAs(context, request.agent()));
  const std::shared_ptr<const PublishedPolicy> policy = store_.Current();
  OSTIARY_RETURN_IF_ERROR(RequirePolicy(policy.get()));
  RevisionToProto(policy->revision, response->mutable_revision());
  for (const CatalogServer& server : policy->snapshot->catalog()) {
    const AccessRequest access{request.agent(), server.name, AccessKind::kServer, ""};
    if (policy->snapshot->Decide(access).effect != Effect::kAllow) continue;
    v1::Server* listed = response->add_servers();
    listed->set_name(server.name);
    listed->set_description(server.description);
    listed->set_transport(TransportToProto(server.transport));
  }
  return absl::OkStatus();
}

}  // namespace ostiary::pdp
