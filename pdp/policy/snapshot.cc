#include "pdp/policy/snapshot.h"

#include <algorithm>
#include <utility>

#include "pdp/policy/snapshot_rep.h"

namespace ostiary::pdp {

PolicySnapshot::PolicySnapshot(std::unique_ptr<const Rep> rep) : rep_(std::move(rep)) {}

PolicySnapshot::~PolicySnapshot() = default;

Decision PolicySnapshot::Decide(const AccessRequest& request) const {
  if (request.agent.size() <= kWordsSize) {
    if (const AgentPolicy* policy = rep_->agents.FindPolicyQuickly(NameKey(request.agent))) {
      return policy->Decide(request);
    }
  }
  return DecideOther(request);
}

Decision PolicySnapshot::DecideOther(const AccessRequest& request) const {
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
  ids.reserve(rep_->agents.size());
  rep_->agents.ForEach([&](absl::string_view id, const AgentRecord&) { ids.emplace_back(id); });
  std::sort(ids.begin(), ids.end());
  return ids;
}

size_t PolicySnapshot::agent_count() const { return rep_->agents.size(); }

size_t PolicySnapshot::rules_bytes() const { return rep_->arena.used(); }

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
  now.agents.ForEach([&](absl::string_view id, const AgentRecord& record) {
    const AgentRecord* const old = was.agents.Find(id);
    if (old == nullptr) {
      diff.added_agents.emplace_back(id);
    } else if (old->policy->digest() != record.policy->digest()) {
      diff.modified_agents.emplace_back(id);
    }
  });
  was.agents.ForEach([&](absl::string_view id, const AgentRecord&) {
    if (now.agents.Find(id) == nullptr) diff.removed_agents.emplace_back(id);
  });
  for (auto* ids : {&diff.added_agents, &diff.removed_agents, &diff.modified_agents}) {
    std::sort(ids->begin(), ids->end());
  }
  diff.defaults_changed = was.deny_on_missing_agent != now.deny_on_missing_agent;
  return diff;
}

}  // namespace ostiary::pdp
