// What a PolicySnapshot holds. For snapshot.cc, explain.cc and the builder alone.
#ifndef OSTIARY_PDP_POLICY_SNAPSHOT_REP_H_
#define OSTIARY_PDP_POLICY_SNAPSHOT_REP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "pdp/policy/agent_table.h"
#include "pdp/policy/arena.h"
#include "pdp/policy/snapshot.h"
#include "pdp/policy/text_position.h"

namespace ostiary::pdp {

struct PolicySnapshot::Rep {
  // The list of a decision that no agent's rules made but a default.
  static constexpr uint32_t kDefaultsList = Decision::RuleId::kNone - 1;
  static constexpr absl::string_view kDefaultAgent = "default";

  // The record that decides for `agent`: its own, or where it has none and such agents are not
  // denied, that of the agent "default". nullptr where there is none.
  const AgentRecord* Find(absl::string_view agent) const {
    if (const AgentRecord* found = agents.Find(agent)) return found;
    return deny_on_missing_agent ? nullptr : default_agent;
  }

  Arena arena;
  AgentTable agents;
  const AgentRecord* default_agent = nullptr;
  bool deny_on_missing_agent = true;
  uint32_t deny_on_missing_agent_offset = 0;

  bool has_catalog = false;
  std::vector<CatalogServer> catalog;

  std::string rules_file;
  LineIndex lines;
  std::string digest;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_SNAPSHOT_REP_H_
