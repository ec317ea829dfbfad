// PolicySnapshot: a whole policy, compiled once and never changed: what decides.
//
// Built by CompilePolicy (compile.h), held as shared_ptr<const PolicySnapshot>. Any number of
// threads may call any method at once. One request uses one snapshot.
#ifndef OSTIARY_PDP_POLICY_SNAPSHOT_H_
#define OSTIARY_PDP_POLICY_SNAPSHOT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "pdp/policy/decision.h"
#include "pdp/policy/issue.h"

namespace ostiary::pdp {

enum class Transport : uint8_t { kStdio, kHttp };

// One server of the catalog.
struct CatalogServer {
  std::string name;
  std::string description;
  Transport transport = Transport::kStdio;
};

// What differs between two policies in what they decide (places and comments do not count).
// Lists are sorted.
struct PolicyDiff {
  std::vector<std::string> added_agents;
  std::vector<std::string> removed_agents;
  std::vector<std::string> modified_agents;
  bool defaults_changed = false;
};

class PolicySnapshot {
 public:
  ~PolicySnapshot();
  PolicySnapshot(const PolicySnapshot&) = delete;
  PolicySnapshot& operator=(const PolicySnapshot&) = delete;

  // The decision (policy-semantics in README.md). Takes no lock and allocates nothing.
  Decision Decide(const AccessRequest& request) const;

  // The rule and the sentence of a decision that this snapshot made for this request.
  Explanation Explain(const AccessRequest& request, const Decision& decision) const;
  // The same in place of what is in `*out`, whose memory is used again.
  void Explain(const AccessRequest& request, const Decision& decision, Explanation* out) const;

  // The catalog's servers, sorted by name; empty where there is no catalog.
  const std::vector<CatalogServer>& catalog() const;
  bool has_catalog() const;

  // Sorted. Made anew at each call.
  std::vector<std::string> AgentIds() const;
  size_t agent_count() const;
  // How much memory its compiled rules take, in bytes.
  size_t rules_bytes() const;
  bool deny_on_missing_agent() const;

  // "sha256:" and hex over the canonical policy: rules and defaults, without order, repetition,
  // places and comments. Equal for policies that read alike.
  const std::string& digest() const;

  // What changed from `before` (nullptr: from nothing) to `after`.
  static PolicyDiff Diff(const PolicySnapshot* before, const PolicySnapshot& after);

 private:
  friend class SnapshotBuilder;
  struct Rep;
  // What Decide leaves over: a long id, and one that no agent has.
  Decision DecideOther(const AccessRequest& request) const;
  // Where the rule of `decision` stands; empty where none made it.
  void FindRule(const AccessRequest& request, const Decision& decision, RuleRef* rule) const;
  explicit PolicySnapshot(std::unique_ptr<const Rep> rep);
  const std::unique_ptr<const Rep> rep_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_SNAPSHOT_H_
