// AgentCompiler: from an agent's rules to its AgentPolicy, storing what is written alike once.
//
// Belongs to one load; not thread-safe. What it makes lives in the arena.
#ifndef OSTIARY_PDP_POLICY_AGENT_COMPILER_H_
#define OSTIARY_PDP_POLICY_AGENT_COMPILER_H_

#include <array>
#include <cstddef>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "pdp/policy/agent_digest.h"
#include "pdp/policy/agent_policy.h"
#include "pdp/policy/arena.h"
#include "pdp/policy/key_index_builder.h"
#include "pdp/policy/pattern_list_compiler.h"
#include "pdp/policy/recent_texts.h"
#include "pdp/policy/rules_document.h"

namespace ostiary::pdp {

class AgentCompiler {
 public:
  // `arena` gets all that a policy needs. The file's text must live as long as this.
  explicit AgentCompiler(Arena* arena)
      : arena_(*arena), list_compiler_(arena), index_builder_(arena) {}
  AgentCompiler(const AgentCompiler&) = delete;
  AgentCompiler& operator=(const AgentCompiler&) = delete;

  // The patterns of `rules` must be good. In front of the policy there is room for an AgentRecord.
  const AgentPolicy* Compile(const AgentRules& rules);

 private:
  using KnownLists = RecentTexts<PatternList>;
  using KeptUse = ServerRules::KeptUse;
  using Joined = ServerRules::Joined;
  using Counts = std::array<size_t, 2 * kNameKinds>;  // by ServerRules::Place
  struct PlacedList {
    const RuleList* list;
    size_t place;  // ServerRules::Place
  };

  void GatherLists(const AgentRules& rules);
  bool IsFirstOfServer(size_t i) const;
  AgentPolicy* NewPolicy();
  Counts CountEntries(size_t first) const;
  size_t CountJoined() const;
  void FillRules(const AgentRules& rules, AgentPolicy* policy);
  void JoinLists(AgentPolicy* policy);
  void JoinLists(const AgentPolicy& policy, size_t kind, ServerRules* rules);
  void Join(const ShortRules::Lists& lists, size_t own, size_t kind, ServerRules* rules);
  ListUse Use(const RuleList& list, const AgentRules& rules, KnownLists* lists);
  absl::string_view Name(absl::string_view server);

  Arena& arena_;
  // By the list's bytes in the file: equal bytes mean equal entries at equal distances.
  // Agents whose lists of names all differ mostly share those of servers.
  KnownLists server_lists_;
  KnownLists name_lists_;
  absl::flat_hash_set<absl::string_view> names_;
  AgentDigester digester_;
  PatternListCompiler list_compiler_;
  KeyIndexBuilder index_builder_;
  // Scratch.
  std::vector<PlacedList> lists_of_agent_;
  size_t server_count_ = 0;
  KeptUse* uses_ = nullptr;  // of lists_of_agent_
  AgentPolicy::Rest* rest_ = nullptr;
  char* joined_end_ = nullptr;  // before which the next lists are joined
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_AGENT_COMPILER_H_
