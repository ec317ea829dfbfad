#include "pdp/policy/agent_compiler.h"

#include <algorithm>
#include <tuple>

namespace ostiary::pdp {
namespace {

bool BySizeAndBytes(absl::string_view a, absl::string_view b) {
  return std::tuple(a.size(), a) < std::tuple(b.size(), b);
}

}  // namespace

const AgentPolicy* AgentCompiler::Compile(const AgentRules& rules) {
  servers_.clear();
  for (const RuleSection* section : {&rules.allow, &rules.deny}) {
    for (const auto& lists : section->names) {
      for (const RuleList& list : lists) {
        if (list.server != "*" && !list.empty()) servers_.push_back(list.server);
      }
    }
  }
  std::sort(servers_.begin(), servers_.end(), BySizeAndBytes);
  servers_.erase(std::unique(servers_.begin(), servers_.end()), servers_.end());

  AgentPolicy* policy = arena_.NewObject<AgentPolicy>();
  absl::Span<ServerRules> table = arena_.NewArray<ServerRules>(servers_.size() + 1);
  table[0].server = "*";
  for (size_t i = 0; i < servers_.size(); ++i) table[i + 1].server = Name(servers_[i]);
  const auto row = [&](absl::string_view server) -> ServerRules& {
    if (server == "*") return table[0];
    const auto at = std::lower_bound(servers_.begin(), servers_.end(), server, BySizeAndBytes);
    return table[static_cast<size_t>(at - servers_.begin()) + 1];
  };
  for (size_t kind = 0; kind < kNameKinds; ++kind) {
    for (const RuleList& list : rules.deny.names[kind]) {
      if (!list.empty()) row(list.server).deny[kind] = Use(list, rules);
    }
    for (const RuleList& list : rules.allow.names[kind]) {
      if (list.empty()) continue;
      row(list.server).allow[kind] = Use(list, rules);
      row(list.server).narrowed = true;
    }
  }
  if (rules.deny.servers.has_value()) policy->deny_servers_ = Use(*rules.deny.servers, rules);
  if (rules.allow.servers.has_value()) policy->allow_servers_ = Use(*rules.allow.servers, rules);
  policy->rules_ = table.data();
  policy->rule_count_ = static_cast<uint32_t>(table.size());
  policy->digest_ = digester_.Digest(rules);
  return policy;
}

ListUse AgentCompiler::Use(const RuleList& list, const AgentRules& rules) {
  if (list.empty()) return {};
  const PatternList*& compiled = lists_[HashedText(list.raw)];
  if (compiled == nullptr)
    compiled = PatternList::Create(rules.entries(list), list.offset, &arena_);
  return {compiled, list.offset - rules.offset};
}

absl::string_view AgentCompiler::Name(absl::string_view server) {
  const auto found = names_.find(server);
  if (found != names_.end()) return *found;
  return *names_.insert(arena_.Copy(server)).first;
}

}  // namespace ostiary::pdp
