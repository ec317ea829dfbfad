#include "pdp/server/admin_service.h"

#include <iterator>
#include <utility>

#include "common/status_macros.h"
#include "pdp/server/convert.h"

namespace ostiary::pdp {
namespace {

constexpr uint32_t kDefaultMaxAgentIds = 1000;
constexpr uint32_t kDefaultMaxSidecars = 100;

void FillReload(ReloadOutcome outcome, v1::ReloadResponse* out) {
  // Every failure is an issue; a caller that looks for errors alone must never miss one.
  if (!outcome.ok && !HasErrors(outcome.issues)) {
    Issue failure;
    failure.message = "the files did not load; see the log of the PDP";
    outcome.issues.push_back(std::move(failure));
  }
  if (outcome.policy != nullptr) {
    RevisionToProto(outcome.policy->revision, out->mutable_revision());
  }
  out->set_changed(outcome.changed);
  for (std::string& id : outcome.diff.added_agents) out->add_added_agents(std::move(id));
  for (std::string& id : outcome.diff.removed_agents) out->add_removed_agents(std::move(id));
  for (std::string& id : outcome.diff.modified_agents) out->add_modified_agents(std::move(id));
  out->set_defaults_changed(outcome.diff.defaults_changed);
  IssuesToProto(outcome.issues, out->mutable_issues());
}

void FillValidate(const v1::ValidateRequest& request, const PolicyLimits& limits,
                  v1::ValidateResponse* out) {
  PolicySource source;
  source.rules = {"rules_json", request.rules_json()};
  if (request.has_mcp_config_json()) {
    source.mcp_config = PolicyFile{"mcp_config_json", request.mcp_config_json()};
  }
  const LoadedPolicy loaded = LoadPolicy(source, limits);
  out->set_valid(loaded.snapshot != nullptr && !HasErrors(loaded.issues));
  IssuesToProto(loaded.issues, out->mutable_issues());
}

}  // namespace

AdminService::AdminService(ServerIdentity identity, const PolicyLimits& limits,
                           const DrainGate& gate, const CallerGate& callers,
                           const SessionRegistry& sessions, Reloader* reloader,
                           std::vector<ReloadSubject*> others, AdminWorker* worker)
    : identity_(std::move(identity)),
      limits_(limits),
      gate_(gate),
      callers_(callers),
      sessions_(sessions),
      reloader_(reloader),
      others_(std::move(others)),
      worker_(worker) {}

grpc::ServerUnaryReactor* AdminService::Status(grpc::CallbackServerContext* context,
                                               const v1::StatusRequest* request,
                                               v1::StatusResponse* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  if (const absl::Status admitted = Admit(*context); !admitted.ok()) {
    reactor->Finish(ToGrpcStatus(admitted));
    return reactor;
  }
  const uint32_t max_agent_ids =
      request->has_max_agent_ids() ? request->max_agent_ids() : kDefaultMaxAgentIds;
  const uint32_t max_sidecars =
      request->has_max_sidecars() ? request->max_sidecars() : kDefaultMaxSidecars;
  FillStatus(sessions_.Report(max_sidecars), identity_, max_agent_ids, response);
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::Reload(grpc::CallbackServerContext* context,
                                               const v1::ReloadRequest* request,
                                               v1::ReloadResponse* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const ReloadMode mode = request->validate_only() ? ReloadMode::kValidateOnly : ReloadMode::kApply;
  absl::Status status = Admit(*context);
  if (status.ok()) {
    status = worker_->Post([this, reactor, mode, response] {
      FillReload(ReloadAll(mode), response);
      reactor->Finish(grpc::Status::OK);
    });
  }
  if (!status.ok()) reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::Validate(grpc::CallbackServerContext* context,
                                                 const v1::ValidateRequest* request,
                                                 v1::ValidateResponse* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  absl::Status status = Admit(*context);
  if (status.ok()) {
    status = worker_->Post([this, reactor, request, response] {
      FillValidate(*request, limits_, response);
      reactor->Finish(grpc::Status::OK);
    });
  }
  if (!status.ok()) reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

absl::Status AdminService::Admit(const grpc::CallbackServerContext& context) const {
  OSTIARY_RETURN_IF_ERROR(gate_.Enter());
  return callers_.MayAdminister(context);
}

ReloadOutcome AdminService::ReloadAll(ReloadMode mode) const {
  ReloadOutcome outcome = reloader_->Reload(mode);
  for (ReloadSubject* subject : others_) {
    std::vector<Issue> issues = subject->Refresh(mode);
    outcome.issues.insert(outcome.issues.end(), std::make_move_iterator(issues.begin()),
                          std::make_move_iterator(issues.end()));
  }
  return outcome;
}

}  // namespace ostiary::pdp
