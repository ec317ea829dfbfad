// The lint: rules that load but surely are not what their writer meant.
//
// Used by one load, on one thread. Warns only of what is certain.
#ifndef OSTIARY_PDP_POLICY_LINT_H_
#define OSTIARY_PDP_POLICY_LINT_H_

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "pdp/policy/agent_policy.h"
#include "pdp/policy/issue_log.h"
#include "pdp/policy/rules_document.h"
#include "pdp/policy/snapshot.h"

namespace ostiary::pdp {

// The catalog to compare with.
struct LintCatalog {
  std::string file;
  absl::flat_hash_set<std::string> servers;
};

class Linter {
 public:
  // `catalog` is nullptr where there is none (or none that could be read): no rule is then said to
  // name an unknown server. Both outlive the linter.
  Linter(const LintCatalog* catalog, IssueLog* log) : catalog_(catalog), log_(*log) {}

  // Warns about one agent. `policy` is compiled from `rules`.
  void LintAgent(const AgentRules& rules, const AgentPolicy& policy);

 private:
  class Agent;

  const LintCatalog* const catalog_;
  IssueLog& log_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_LINT_H_
