#include "pdp/policy/snapshot.h"

#include <utility>

#include "pdp/policy/snapshot_rep.h"

namespace ostiary::pdp {

PolicySnapshot::PolicySnapshot(std::unique_ptr<const Rep> rep) : rep_(std::move(rep)) {}

PolicySnapshot::~PolicySnapshot() = default;

Decision PolicySnapshot::Decide(const AccessRequest& request) const {
  if (const AgentRecord* record = rep_->Find(request.agent)) {
    record->policy->Prefetch();
    return record->policy->Decide(request);
  }
  if (rep_->deny_on_missing_agent) return {Effect::kDeny, Reason::kUnknownAgent, {}};
  return {Effect::kAllow, Reason::kUnknownAgentAllowed, {Rep::kDefaultsList, 0}};
}

const std::vector<CatalogServer>& PolicySnapshot::catalog() const { return rep_->catalog; }

bool PolicySnapshot::has_catalog() const { return rep_->has_catalog; }

std::vector<std::string> PolicySnapshot::AgentIds() const {
  const std::vector<absl::string_view> ids = rep_->agents.SortedIds();
  return {ids.begin(), ids.end()};
}

size_t PolicySnapshot::agent_count() const { return rep_->agents.size(); }

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
  for (const absl::string_view id : now.agents.SortedIds()) {
    const AgentRecord* const old = was.agents.Find(id);
    if (old == nullptr) {
      diff.added_agents.emplace_back(id);
    } else if (old->policy->digest() != now.agents.Find(id)->policy->digest()) {
      diff.modified_agents.emplace_back(id);
    }
  }
  for (const absl::string_view id : was.agents.SortedIds()) {
    if (now.agents.Find(id) == nullptr) diff.removed_agents.emplace_back(id);
  }
  diff.defaults_changed = was.deny_on_missing_agent != now.deny_on_missing_agent;
  return diff;
}

}  // namespace ostiary::pdp
