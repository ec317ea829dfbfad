// AgentPolicy: what one agent may do, compiled: its decisions, and its lists by their ids.
//
// Lives in a snapshot's arena and is shared by the agents whose rules are written alike, so places
// in it are relative to the agent's object. Never changed; any thread may decide.
#ifndef OSTIARY_PDP_POLICY_AGENT_POLICY_H_
#define OSTIARY_PDP_POLICY_AGENT_POLICY_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/sha256.h"
#include "pdp/policy/decision.h"
#include "pdp/policy/pattern_list.h"
#include "pdp/policy/rules_document.h"

namespace ostiary::pdp {

// A list where it is used: `list` is shared with others that are written alike. nullptr: no list,
// or an empty one, which counts as none.
struct ListUse {
  const PatternList* list = nullptr;
  uint32_t offset = 0;  // of the list, relative to the agent's object
};

// The lists under one key of tools, resources and prompts.
struct ServerRules {
  absl::string_view server;  // "*" for all
  std::array<ListUse, kNameKinds> deny;
  std::array<ListUse, kNameKinds> allow;
  bool narrowed = false;  // an allow list of any kind is there
};

// Which list of an agent, for people: allow or deny, the kind, the server.
struct ListPlace {
  Effect section = Effect::kDeny;
  absl::string_view key;     // "servers", "tools", "resources", "prompts"
  absl::string_view server;  // the key under tools and the like; unset for "servers"
  const ListUse* use = nullptr;
};

class AgentPolicy {
 public:
  // The request's agent is not looked at.
  Decision Decide(const AccessRequest& request) const;

  // The list that a decision's rule id means; nullptr `use` where there is none such.
  ListPlace FindList(uint32_t list_id) const;

  const ListUse& servers(Effect section) const {
    return section == Effect::kAllow ? allow_servers_ : deny_servers_;
  }
  // The rules under the key "*".
  const ServerRules& for_all() const { return rules_[0]; }
  // The rules under a server's own name; nullptr where there are none.
  const ServerRules* ForServer(absl::string_view server) const;
  // The rules of all servers that are named, by size and bytes of the names.
  absl::Span<const ServerRules> named() const { return {rules_ + 1, rule_count_ - 1}; }

  // Over all that decides; equal for agents that decide alike by rules that read alike.
  const Sha256Digest& digest() const { return digest_; }

 private:
  friend class Arena;
  friend class AgentCompiler;
  AgentPolicy() = default;

  Decision DecideServer(const SearchName& server) const;
  Decision DecideDeny(const ServerRules* own, size_t kind, const SearchName& name) const;
  Decision DecideAllow(const ServerRules* own, size_t kind, const SearchName& name) const;
  uint32_t ListId(const ServerRules* rules, Effect section, size_t kind) const;

  ListUse deny_servers_;
  ListUse allow_servers_;
  const ServerRules* rules_ = nullptr;  // [0] is "*"; the rest sorted by size and bytes of the name
  uint32_t rule_count_ = 0;
  Sha256Digest digest_{};
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_AGENT_POLICY_H_
