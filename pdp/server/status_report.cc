#include "pdp/server/status_report.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pdp/server/convert.h"

namespace ostiary::pdp {
namespace {

// Why the last load failed. The two files load as one, so either may tell.
std::string LastError(const ReloadStatus& status) {
  if (status.gateway_rules.last_error.empty()) return status.mcp_config.last_error;
  if (status.mcp_config.last_error.empty() ||
      status.mcp_config.last_error == status.gateway_rules.last_error) {
    return status.gateway_rules.last_error;
  }
  return absl::StrCat(status.gateway_rules.last_error, "; ", status.mcp_config.last_error);
}

std::string Sentence(const PolicyState& policy) {
  switch (policy.state) {
    case ServingState::kServing:
      return absl::StrCat("Generation ", policy.policy->revision.generation,
                          " decides; agents: ", policy.policy->snapshot->agent_count(), ".");
    case ServingState::kStale:
      return absl::StrCat("The last load failed, so generation ",
                          policy.policy->revision.generation,
                          " still decides: ", LastError(policy.status));
    case ServingState::kEmpty:
      break;
  }
  return absl::StrCat("No policy has loaded, so nothing is decided: ", LastError(policy.status));
}

void FillPolicy(const PublishedPolicy& policy, size_t max_agent_ids, v1::StatusResponse* out) {
  RevisionToProto(policy.revision, out->mutable_revision());
  v1::PolicyState* state = out->mutable_policy_state();
  state->set_total_agents(policy.snapshot->agent_count());
  state->mutable_defaults()->set_deny_on_missing_agent(policy.snapshot->deny_on_missing_agent());
  if (max_agent_ids > 0) {
    std::vector<std::string> ids = policy.snapshot->AgentIds();
    ids.resize(std::min(ids.size(), max_agent_ids));
    for (std::string& id : ids) state->add_agent_ids(std::move(id));
  }
  for (const CatalogServer& server : policy.snapshot->catalog()) {
    out->add_available_servers(server.name);
  }
}

void FillSidecar(const ConnectedSidecar& sidecar, v1::SidecarStatus* out) {
  out->set_sidecar_id(sidecar.sidecar_id);
  out->set_agent(sidecar.agent);
  out->set_server(sidecar.server);
  out->set_version(sidecar.version);
  if (sidecar.applied.has_value()) RevisionToProto(*sidecar.applied, out->mutable_applied());
  TimeToProto(sidecar.connected_since, out->mutable_connected_since());
}

}  // namespace

void FillStatus(const SidecarReport& report, const ServerIdentity& identity, size_t max_agent_ids,
                v1::StatusResponse* out) {
  const PolicyState& policy = report.policy;
  out->set_state(StateToProto(policy.state));
  if (policy.policy != nullptr) FillPolicy(*policy.policy, max_agent_ids, out);
  FileStatusToProto(policy.status.mcp_config, out->mutable_reload_status()->mutable_mcp_config());
  FileStatusToProto(policy.status.gateway_rules,
                    out->mutable_reload_status()->mutable_gateway_rules());
  out->mutable_config_paths()->set_gateway_rules(identity.paths.rules);
  out->mutable_config_paths()->set_mcp_config(identity.paths.mcp_config.value_or(""));
  out->set_message(Sentence(policy));
  out->set_version(identity.version);
  TimeToProto(identity.start_time, out->mutable_start_time());
  out->set_sidecars_connected(report.connected);
  out->set_sidecars_current(report.current);
  for (const ConnectedSidecar& sidecar : report.longest_connected) {
    FillSidecar(sidecar, out->add_sidecars());
  }
}

}  // namespace ostiary::pdp
