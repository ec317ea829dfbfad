#include "pdp/policy/snapshot.h"

#include <utility>

#include "pdp/policy/snapshot_rep.h"

namespace ostiary::pdp {

PolicySnapshot::PolicySnapshot(std::unique_ptr<const Rep> rep) : rep_(std::move(rep)) {}

PolicySnapshot::~PolicySnapshot() = default;

Decision PolicySnapshot::Decide(const AccessRequest& request) const {
  if (const AgentRecord* record = rep_->Find(request.agent)) {
    return record->policy->Decide(request);
  }
  if (rep_->deny_on_missing_agent) return {Effect::kDeny, Reason::kUnknownAgent, {}};
  return {Effect::kAllow, Reason::kUnknownAgentAllowed, {Rep::kDefaultsList, 0}};
}

const std::vector<CatalogServer>& PolicySnapshot::catalog() const { return rep_->catalog; }

bool PolicySnapshot::has_catalog() const { return rep_->has_catalog; }

std::vector<std::string> PolicySnapshot::AgentIds() const {
  std::vector<std::string> ids;
  ids.reserve(rep_->sorted_ids.size());
  for (const absl::string_view id : rep_->sorted_ids) ids.emplace_back(id);
  return ids;
}

size_t PolicySnapshot::agent_count() const { return rep_->sorted_ids.size(); }

bool PolicySnapshot::deny_on_missing_agent() const { return rep_->deny_on_missing_agent; }

const std::string& PolicySnapshot::digest() const { return rep_->digest; }

PolicyDiff PolicySnapshot::Diff(const PolicySnapshot* before, const PolicySnapshot& after) {
  PolicyDiff diff;
  const Rep& now = *after.rep_;
  if (before == nullptr) {
    diff.added_agents = after.AgentIds();
    diff.defaults_changed = !now.deny_on_missing_agent;  // no policy lets nobody in
    return diff;
  }
  const Rep& was = *before->rep_;
  for (const absl::string_view id : now.sorted_ids) {
    const auto old = was.agents.find(id);
    if (old == was.agents.end()) {
      diff.added_agents.emplace_back(id);
    } else if (old->second.policy->digest() != now.agents.find(id)->second.policy->digest()) {
      diff.modified_agents.emplace_back(id);
    }
  }
  for (const absl::string_view id : was.sorted_ids) {
    if (!now.agents.contains(id)) diff.removed_agents.emplace_back(id);
  }
  diff.defaults_changed = was.deny_on_missing_agent != now.deny_on_missing_agent;
  return diff;
}

}  // namespace ostiary::pdp
