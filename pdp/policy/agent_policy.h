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
#include "pdp/policy/near.h"
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

// The lists under one key of tools, resources and prompts.
class ServerRules {
 public:
  // "*" for all.
  absl::string_view server() const { return server_.Text(server_size_); }
  // The list of that section and kind.
  ListUse Use(Effect section, size_t kind) const {
    const uint32_t bit = 1u << Place(section, kind);
    if ((used_ & bit) == 0) return {};
    return uses_.get()[__builtin_popcount(used_ & (bit - 1))].Use();
  }

 private:
  friend class AgentCompiler;
  friend class AgentPolicy;

  // A ListUse in an arena.
  struct KeptUse {
    Near<PatternList> list;
    uint32_t offset = 0;

    ListUse Use() const { return {list.get(), offset}; }
    void Set(const ListUse& use) {
      list.Set(use.list);
      offset = use.offset;
    }
  };
  // How the lists that decide about names of one kind on this server are searched.
  enum class Joined : uint8_t { kNot, kShort, kLong };

  static size_t Place(Effect section, size_t kind) {
    return (section == Effect::kAllow ? kNameKinds : 0) + kind;
  }
  Joined JoinedOf(size_t kind) const { return static_cast<Joined>(joined_as_ >> 2 * kind & 3); }
  // Only where they are joined so.
  const ShortRules& ShortRulesOf(size_t kind) const {
    return *reinterpret_cast<const ShortRules*>(JoinedAt(kind));
  }
  const LongRules& LongRulesOf(size_t kind) const {
    return *reinterpret_cast<const LongRules*>(JoinedAt(kind));
  }
  const char* JoinedAt(size_t kind) const {
    return reinterpret_cast<const char*>(this) + joined_.data()[kind];
  }
  // `rules` stand behind this in the same piece of memory.
  void SetJoined(size_t kind, Joined as, const void* rules) {
    joined_[kind] = static_cast<uint32_t>(static_cast<const char*>(rules) -
                                          reinterpret_cast<const char*>(this));
    joined_as_ |= static_cast<uint8_t>(static_cast<uint32_t>(as) << 2 * kind);
    if (server_reason_ != Reason::kServerAllowed) return;
    const uint32_t kind_bit = 1u << kind;
    if (as == Joined::kShort) {
      simple_kinds_ |= static_cast<uint8_t>(kind_bit);
    } else if (LongRulesOf(kind).index().is_simple()) {
      simple_kinds_ |= static_cast<uint8_t>(kind_bit << kNameKinds);
    }
  }

  KeptName server_;
  uint32_t server_size_ = 0;
  uint32_t server_entry_ = 0;   // of the list of servers that decides about this one
  uint32_t first_list_id_ = 0;  // of those that mean a list that decides by these rules
  Near<KeptUse> uses_;  // of its lists, by Place: what few servers have costs the others no memory
  // By kind, where the ShortRules or LongRules of the lists of this server and of "*" together are,
  // in bytes from here.
  std::array<uint32_t, kNameKinds> joined_{};
  Reason server_reason_ = Reason::kUnspecified;  // what the list of servers decides
  // A bit for each list that is there, by Place.
  uint8_t used_ : 2 * kNameKinds = 0;
  bool narrowed_ : 1 = false;  // an allow list of any kind is there, or under "*"
  uint8_t joined_as_ = 0;      // Joined, two bits for each kind
  // A bit for each kind whose names ShortRules decide about, since the server is allowed, and
  // behind those one for each kind about whose names LongRules with a simple index do.
  uint8_t simple_kinds_ = 0;
};
static_assert(sizeof(ServerRules) == 48);

// Which list of an agent, for people: allow or deny, the kind, the server.
struct ListPlace {
  Effect section = Effect::kDeny;
  absl::string_view key;     // "servers", "tools", "resources", "prompts"
  absl::string_view server;  // the key under tools and the like; unset for "servers"
  ListUse use;               // without a list where there is none such
};

// What a decision reads of it lies in one piece, which begins with a line of the cache: the rules
// of named servers behind this object, then those of "*", and behind them what joins their lists.
class AgentPolicy {
 public:
  // The request's agent is not looked at.
  Decision Decide(const AccessRequest& request) const;

  // The list that a decision's rule id means.
  ListPlace FindList(uint32_t list_id) const;

  ListUse servers(Effect section) const {
    return (section == Effect::kAllow ? rest_->allow_servers : rest_->deny_servers).Use();
  }
  // The rules under the key "*".
  const ServerRules& for_all() const {
    return rest_->has_for_all ? rows()[named_count_] : kNoRules;
  }
  // The rules under a server's own name; nullptr where there are none.
  const ServerRules* ForServer(const NameKey& server) const;
  // The rules of all servers that are named, by size and bytes of the names.
  absl::Span<const ServerRules> named() const { return {rows(), named_count_}; }

  // Over all that decides; equal for agents that decide alike by rules that read alike.
  const Sha256Digest& digest() const { return rest_->digest; }

 private:
  friend class Arena;
  friend class AgentCompiler;
  AgentPolicy() = default;

  // What decisions about names on servers with rules do without.
  struct Rest {
    ServerRules::KeptUse deny_servers;
    ServerRules::KeptUse allow_servers;
    Sha256Digest digest{};
    bool has_for_all = false;
  };

  static const ServerRules kNoRules;

  // What DecideServer found about a server that has rules.
  static Decision ServerDecision(const ServerRules& rules);
  Decision DecideServer(const SearchName& server) const;
  const ServerRules* Rules(const NameKey& server) const;
  // The same where they are few.
  const ServerRules* WalkTo(const NameKey& server) const;
  const ServerRules* rows() const { return reinterpret_cast<const ServerRules*>(this + 1); }
  ServerRules* rows() { return reinterpret_cast<ServerRules*>(this + 1); }
  // All that Decide leaves over.
  Decision DecideOther(const AccessRequest& request) const ABSL_ATTRIBUTE_NOINLINE;
  // What Decide comes to, each a call that it ends with. By the server's ShortRules, or by its
  // LongRules where their index is simple; the same where the name is long.
  static Decision DecideByShort(const ServerRules& own,
                                const AccessRequest& request) ABSL_ATTRIBUTE_NOINLINE;
  static Decision DecideByShort(const ServerRules& own, const SearchName& name,
                                const AccessRequest& request) ABSL_ATTRIBUTE_ALWAYS_INLINE;
  static Decision DecideLongNameByShort(const ServerRules& own,
                                        const AccessRequest& request) ABSL_ATTRIBUTE_NOINLINE;
  static Decision DecideByLong(const ServerRules& own,
                               const AccessRequest& request) ABSL_ATTRIBUTE_NOINLINE;
  static Decision DecideByLong(const ServerRules& own, const SearchName& name,
                               const AccessRequest& request) ABSL_ATTRIBUTE_ALWAYS_INLINE;
  static Decision DecideLongNameByLong(const ServerRules& own,
                                       const AccessRequest& request) ABSL_ATTRIBUTE_NOINLINE;
  static Decision DecideAt(const ServerRules& own, const KeyIndex::Place& place,
                           const AccessRequest& request) ABSL_ATTRIBUTE_NOINLINE;
  // By its LongRules, where they have several candidates.
  static Decision DecideAmongMany(const ServerRules& own,
                                  const AccessRequest& request) ABSL_ATTRIBUTE_NOINLINE;
  // Where neither decides.
  Decision DecideByLists(const ServerRules& own,
                         const AccessRequest& request) const ABSL_ATTRIBUTE_NOINLINE;
  // Where the candidates of the server's short rules are several, or take more than a comparison.
  static Decision DecideAmong(const ServerRules& own, uint32_t candidates,
                              const AccessRequest& request) ABSL_ATTRIBUTE_NOINLINE;
  // What is decided of a name on a server that is allowed, by what was found among the rules.
  static Decision DecisionOf(const ShortRules::Found& found, const ServerRules& rules, size_t kind,
                             Decision::RuleId server_rule);
  // ServerRules::first_list_id_.
  uint32_t FirstListId(const ServerRules& rules) const;
  ShortRules::Found FindInLists(const ServerRules* own, size_t kind,
                                const SearchName& name) const ABSL_ATTRIBUTE_NOINLINE;
  ShortRules::Lists ListsFor(const ServerRules* own, size_t kind) const;

  uint32_t named_count_ = 0;
  Near<Rest> rest_;
};
static_assert(sizeof(AgentPolicy) == 8);

// An agent. Agents whose rules are written alike share a policy, whose places are relative to
// `offset`. The first of them stands in front of it.
struct AgentRecord {
  static constexpr uint32_t kNoId = 0xffffffff;  // the size of no name that is looked for

  KeptName id;
  uint32_t id_size = kNoId;
  uint32_t offset = 0;  // of the agent's object in the file
  Near<AgentPolicy> policy;

  // A view of this object, where the id is short.
  absl::string_view id_text() const { return id.Text(id_size); }
};
static_assert(sizeof(AgentRecord) == 32);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_AGENT_POLICY_H_
