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
#include "pdp/policy/long_rules.h"
#include "pdp/policy/pattern_list.h"
#include "pdp/policy/rules_document.h"
#include "pdp/policy/short_rules.h"

namespace ostiary::pdp {

// A list where it is used: `list` is shared with others that are written alike. nullptr: no list,
// or an empty one, which counts as none.
struct ListUse {
  const PatternList* list = nullptr;
  uint32_t offset = 0;  // of the list, relative to the agent's object
};

// Where the lists that decide about names of one kind on a server are searched at once.
class JoinedRules {
 public:
  JoinedRules() = default;
  explicit JoinedRules(const ShortRules* rules) : place_(reinterpret_cast<uintptr_t>(rules)) {}
  explicit JoinedRules(const LongRules* rules)
      : place_(reinterpret_cast<uintptr_t>(rules) + kNotShort) {}

  bool are_short() const { return (place_ & kNotShort) == 0; }
  // Only where they are.
  const ShortRules& short_rules() const { return *reinterpret_cast<const ShortRules*>(place_); }
  // nullptr where each list is searched by itself. Only where they are not short.
  const LongRules* long_rules() const {
    return reinterpret_cast<const LongRules*>(place_ - kNotShort);
  }

 private:
  static constexpr uintptr_t kNotShort = 1;
  uintptr_t place_ = kNotShort;  // of ShortRules; kNotShort behind that of LongRules or of none
};

// The lists under one key of tools, resources and prompts.
class ServerRules {
 public:
  // "*" for all.
  absl::string_view server() const { return server_.Text(server_size_); }
  // The list of that section and kind. What few servers have costs the others no memory.
  const ListUse& Use(Effect section, size_t kind) const {
    const uint8_t place = places_[Place(section, kind)];
    return place == 0 ? kNone : uses()[place - 1];
  }

 private:
  friend class AgentCompiler;
  friend class AgentPolicy;
  static constexpr ListUse kNone = {};
  static size_t Place(Effect section, size_t kind) {
    return (section == Effect::kAllow ? kNameKinds : 0) + kind;
  }
  const ListUse* uses() const {
    return reinterpret_cast<const ListUse*>(reinterpret_cast<const char*>(this) + first_use_);
  }

  KeptName server_;
  uint32_t server_size_ = 0;
  uint32_t server_entry_ = 0;  // of the list of servers that decides about this one
  // How many of the agent's named servers stand from here on; 0: "*", or none at all. Here, so that
  // most decisions do without the line of the AgentPolicy.
  uint32_t named_left_ = 0;
  uint32_t first_use_ = 0;                       // where it is, from here
  Reason server_reason_ = Reason::kUnspecified;  // what that list decides
  bool narrowed_ = false;                        // an allow list of any kind is there, or under "*"
  std::array<uint8_t, 2 * kNameKinds> places_{};  // 0: there is none; else uses()[n - 1]
  std::array<JoinedRules, kNameKinds> joined_{};  // of the lists of this server and of "*" together
};
static_assert(sizeof(ServerRules) == 64);

// Which list of an agent, for people: allow or deny, the kind, the server.
struct ListPlace {
  Effect section = Effect::kDeny;
  absl::string_view key;     // "servers", "tools", "resources", "prompts"
  absl::string_view server;  // the key under tools and the like; unset for "servers"
  const ListUse* use = nullptr;
};

class alignas(64) AgentPolicy {
 public:
  // The request's agent is not looked at.
  Decision Decide(const AccessRequest& request) const;

  // The list that a decision's rule id means; nullptr `use` where there is none such.
  ListPlace FindList(uint32_t list_id) const;

  const ListUse& servers(Effect section) const {
    return section == Effect::kAllow ? allow_servers_ : deny_servers_;
  }
  // The rules under the key "*".
  const ServerRules& for_all() const { return *for_all_; }
  // The rules under a server's own name; nullptr where there are none.
  const ServerRules* ForServer(const NameKey& server) const;
  // The rules of all servers that are named, by size and bytes of the names.
  absl::Span<const ServerRules> named() const { return {rows(), named_count_}; }

  // Over all that decides; equal for agents that decide alike by rules that read alike.
  const Sha256Digest& digest() const { return *digest_; }

 private:
  friend class Arena;
  friend class AgentCompiler;
  AgentPolicy() = default;

  static constexpr ServerRules kNoRules = {};

  // What DecideServer found about a server that has rules.
  static Decision ServerDecision(const ServerRules& rules);
  Decision DecideServer(const SearchName& server) const;
  const ServerRules* Rules(const NameKey& server) const;
  // The same where they are few.
  const ServerRules* WalkTo(const NameKey& server) const;
  // There is one at least.
  const ServerRules* rows() const { return reinterpret_cast<const ServerRules*>(this + 1); }
  // All that Decide leaves over.
  Decision DecideOther(const AccessRequest& request) const ABSL_ATTRIBUTE_NOINLINE;
  // Where the server's lists are not short together; where their one candidate takes more than a
  // comparison; where there are several, or no LongRules.
  Decision DecideByLong(const ServerRules& own,
                        const AccessRequest& request) const ABSL_ATTRIBUTE_NOINLINE;
  static Decision DecideAt(const ServerRules& own, const KeyIndex::Place& place,
                           const AccessRequest& request) ABSL_ATTRIBUTE_NOINLINE;
  Decision DecideByLists(const ServerRules& own,
                         const AccessRequest& request) const ABSL_ATTRIBUTE_NOINLINE;
  // Where the candidates of the server's short rules are several, or take more than a comparison.
  static Decision DecideAmong(const ServerRules& own, uint32_t candidates,
                              const AccessRequest& request) ABSL_ATTRIBUTE_NOINLINE;
  // What is decided of a name on a server that is allowed, by what was found among the rules.
  static Decision DecisionOf(const ShortRules::Found& found, const ServerRules& rules, size_t kind,
                             Decision::RuleId server_rule);
  ShortRules::Found FindInLists(const ServerRules* own, size_t kind,
                                const SearchName& name) const ABSL_ATTRIBUTE_NOINLINE;
  ShortRules::Lists ListsFor(const ServerRules* own, size_t kind) const;
  uint32_t ListId(const ServerRules* rules, Effect section, size_t kind) const;

  // The rules of named servers stand behind this object, behind those their ShortRules and the uses
  // of lists: what a decision reads, side by side.
  uint32_t named_count_ = 0;
  const ServerRules* for_all_ = &kNoRules;
  ListUse deny_servers_;
  ListUse allow_servers_;
  const Sha256Digest* digest_ = nullptr;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_AGENT_POLICY_H_
