// SnapshotBuilder: gathers a snapshot's parts during a load.
//
// Belongs to one load, on one thread. The rules file's text and agents' ids must live as long as
// it.
#ifndef OSTIARY_PDP_POLICY_SNAPSHOT_BUILDER_H_
#define OSTIARY_PDP_POLICY_SNAPSHOT_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/sha256.h"
#include "pdp/policy/agent_compiler.h"
#include "pdp/policy/rules_document.h"
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
  const AgentPolicy* Compile(const AgentRules& rules) { return compiler_.Compile(rules); }
  // Ids differ.
  void AddAgent(absl::string_view id, const AgentPolicy* policy, uint32_t offset);

  void SetDenyOnMissingAgent(bool deny, uint32_t offset);
  void SetCatalog(std::vector<CatalogServer> catalog);
  // Whether unknown agents have an entry that decides for them.
  bool has_default_agent() const { return has_default_agent_; }

  // Once, last.
  std::shared_ptr<const PolicySnapshot> Build();

 private:
  // For the digest: beside each other, since a look at each agent's policy would miss the cache.
  struct DigestedAgent {
    absl::string_view id;
    Sha256Digest digest;
  };

  std::string Digest() const;
  // The indexes of digested_, by their ids.
  std::vector<uint32_t> Sorted() const;

  std::unique_ptr<PolicySnapshot::Rep> rep_;
  AgentCompiler compiler_;
  std::vector<DigestedAgent> digested_;
  bool has_default_agent_ = false;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_SNAPSHOT_BUILDER_H_
