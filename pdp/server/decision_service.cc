#include "pdp/server/decision_service.h"

#include <memory>
#include <utility>

#include "common/status_macros.h"
#include "pdp/server/answer_bytes.h"
#include "pdp/server/call_memory.h"
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
                                                 const grpc::ByteBuffer* request,
                                                 grpc::ByteBuffer* response) {
  return Finished(context, AnswerCheck(*context, *request, response));
}

grpc::ServerUnaryReactor* DecisionService::BatchCheck(grpc::CallbackServerContext* context,
                                                      const grpc::ByteBuffer* request,
                                                      grpc::ByteBuffer* response) {
  return Finished(context, AnswerBatch(*context, *request, response));
}

grpc::ServerUnaryReactor* DecisionService::ListServers(grpc::CallbackServerContext* context,
                                                       const v1::ListServersRequest* request,
                                                       v1::ListServersResponse* response) {
  return Finished(context, Answer(*context, *request, response));
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* DecisionService::Session(
    grpc::CallbackServerContext* context) {
  using Refused = EndedReactor<grpc::ByteBuffer, grpc::ByteBuffer>;
  if (const absl::Status status = gate_.Enter(); !status.ok()) return new Refused(status);
  absl::StatusOr<SessionRight> right = callers_.OpenSession(*context);
  if (!right.ok()) return new Refused(right.status());
  absl::StatusOr<pdp::Session*> session = sessions_->Open(*std::move(right));
  if (!session.ok()) return new Refused(session.status());
  return *session;
}

absl::Status DecisionService::Admit(const grpc::ServerContextBase& context,
                                    absl::string_view agent) const {
  OSTIARY_RETURN_IF_ERROR(gate_.Enter());
  OSTIARY_RETURN_IF_ERROR(ValidateAgent(agent, limits_));
  return callers_.MayActAs(context, agent);
}

absl::Status DecisionService::AnswerCheck(const grpc::ServerContextBase& context,
                                          const grpc::ByteBuffer& bytes,
                                          grpc::ByteBuffer* response) const {
  const CallTimer timer(Rpc::kCheck, clock_, &metrics_->calls);
  CallMemory memory;
  OSTIARY_ASSIGN_OR_RETURN(const v1::CheckRequest* const request, memory.ReadCheck(bytes));
  OSTIARY_RETURN_IF_ERROR(Admit(context, request->agent()));
  if (!request->has_access()) {
    return absl::InvalidArgumentError("access is missing: say what is accessed");
  }
  const std::shared_ptr<const PublishedPolicy> policy = store_.Current();
  OSTIARY_RETURN_IF_ERROR(RequirePolicy(policy.get()));
  OSTIARY_RETURN_IF_ERROR(DecideOne(*policy, request->agent(), request->access(), limits_,
                                    v1::CheckResponse::kDecisionFieldNumber, &metrics_->decisions,
                                    &memory));
  AppendRevision(v1::CheckResponse::kRevisionFieldNumber, policy->revision, memory.answer());
  SetBytes(*memory.answer(), response);
  return absl::OkStatus();
}

absl::Status DecisionService::AnswerBatch(const grpc::ServerContextBase& context,
                                          const grpc::ByteBuffer& bytes,
                                          grpc::ByteBuffer* response) const {
  const CallTimer timer(Rpc::kBatchCheck, clock_, &metrics_->calls);
  CallMemory memory;
  OSTIARY_ASSIGN_OR_RETURN(const v1::BatchCheckRequest* const request, memory.ReadBatch(bytes));
  OSTIARY_RETURN_IF_ERROR(Admit(context, request->agent()));
  const std::shared_ptr<const PublishedPolicy> policy = store_.Current();
  OSTIARY_RETURN_IF_ERROR(RequirePolicy(policy.get()));
  OSTIARY_RETURN_IF_ERROR(DecideAll(*policy, request->agent(), request->accesses(), limits_,
                                    v1::BatchCheckResponse::kDecisionsFieldNumber,
                                    &metrics_->decisions, &memory));
  AppendRevision(v1::BatchCheckResponse::kRevisionFieldNumber, policy->revision, memory.answer());
  SetBytes(*memory.answer(), response);
  return absl::OkStatus();
}

absl::Status DecisionService::Answer(const grpc::ServerContextBase& context,
                                     const v1::ListServersRequest& request,
                                     v1::ListServersResponse* response) const {
  const CallTimer timer(Rpc::kListServers, clock_, &metrics_->calls);
  OSTIARY_RETURN_IF_ERROR(Admit(context, request.agent()));
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
