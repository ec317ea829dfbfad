// SnapshotBuilder: gathers a snapshot's parts during a load.
//
// Belongs to one load, on one thread. The rules file's text and agents' ids must live as long as
// it.
#ifndef OSTIARY_PDP_POLICY_SNAPSHOT_BUILDER_H_
#define OSTIARY_PDP_POLICY_SNAPSHOT_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/sha256.h"
#include "pdp/policy/agent_compiler.h"
#include "pdp/policy/rules_document.h"
#include "pdp/policy/search_name.h"
#include "pdp/policy/snapshot.h"
#include "pdp/policy/snapshot_rep.h"

namespace ostiary::pdp {

class SnapshotBuilder {
 public:
  SnapshotBuilder(std::string rules_file, absl::string_view rules_text);
  ~SnapshotBuilder();
  SnapshotBuilder(const SnapshotBuilder&) = delete;
  SnapshotBuilder& operator=(const SnapshotBuilder&) = delete;

  // The patterns of `rules` must be good. The policy lives as long as the builder or its snapshot.
  const AgentPolicy* Compile(const AgentRules& rules) {
    return newest_policy_ = compiler_.Compile(rules);
  }
  void AddAgent(absl::string_view id, const AgentPolicy* policy, uint32_t offset);

  void SetDenyOnMissingAgent(bool deny, uint32_t offset);
  void SetCatalog(std::vector<CatalogServer> catalog);
  // Whether unknown agents have an entry that decides for them.
  bool has_default_agent() const { return has_default_agent_; }

  // Once, last. nullptr where an agent was added twice.
  std::shared_ptr<const PolicySnapshot> Build();

 private:
  // All that its end needs of an agent lies here together: its id in the file and its policy are
  // each far from the next one's.
  struct AddedAgent {
    AgentTable::NewAgent agent;
    Sha256Digest digest;  // the policy's
    absl::string_view id() const { return agent.id_text(); }
  };
  // An agent's id and its index in agents_.
  struct OrderedAgent {
    uint64_t order;  // of what the id has behind `common`, see below
    uint32_t index;
  };

  static const AgentRecord* PutInFront(const AgentTable::NewAgent& agent);
  std::vector<AgentTable::NewAgent> NewAgents() const;
  std::string Digest() const;
  // The agents by their ids.
  std::vector<OrderedAgent> Sorted() const;

  std::unique_ptr<PolicySnapshot::Rep> rep_;
  AgentCompiler compiler_;
  // How many there will be is not known, and a vector that grows takes its memory twice.
  std::deque<AddedAgent> agents_;
  const AgentPolicy* newest_policy_ = nullptr;  // until an agent has it
  bool has_default_agent_ = false;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_SNAPSHOT_BUILDER_H_
