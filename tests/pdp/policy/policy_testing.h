// What the policy tests share: loading texts, and printing what came of it.
#ifndef OSTIARY_TESTS_PDP_POLICY_POLICY_TESTING_H_
#define OSTIARY_TESTS_PDP_POLICY_POLICY_TESTING_H_

#include <algorithm>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "pdp/policy/load.h"

namespace ostiary::pdp {

inline LoadedPolicy LoadTexts(absl::string_view rules,
                              std::optional<absl::string_view> catalog = std::nullopt,
                              const PolicyLimits& limits = {}) {
  PolicySource source{{"rules.json", rules}, std::nullopt};
  if (catalog.has_value()) source.mcp_config = PolicyFile{"mcp.json", *catalog};
  return LoadPolicy(source, limits);
}

// Rules that make a policy of more than 20 MB.
inline std::string RulesThatTakeMemory() {
  std::string rules = R"({"agents": {)";
  for (int agent = 0; agent < 10'000; ++agent) {
    absl::StrAppend(&rules, agent == 0 ? "" : ",", "\"a", agent,
                    R"(": {"allow": {"servers": ["*"], "tools": {"s": [)");
    for (int i = 0; i < 40; ++i)
      absl::StrAppend(&rules, i == 0 ? "" : ",", "\"", agent, "_", i, "_*\"");
    rules += "]}}}";
  }
  return rules + "}}";
}

// As the operator reads them.
inline std::vector<std::string> Formatted(const std::vector<Issue>& issues) {
  std::vector<std::string> lines(issues.size());
  std::transform(issues.begin(), issues.end(), lines.begin(), FormatIssue);
  return lines;
}

// The snapshot of rules that must load.
inline std::shared_ptr<const PolicySnapshot> MustLoad(
    absl::string_view rules, std::optional<absl::string_view> catalog = std::nullopt) {
  LoadedPolicy loaded = LoadTexts(rules, catalog);
  for (const Issue& issue : loaded.issues) {
    if (issue.severity == Severity::kError) ADD_FAILURE() << FormatIssue(issue);
  }
  return loaded.snapshot;
}

// "ALLOW PATTERN_ALLOW /agents/a/allow/tools/s/0 1:40 delete_*": a decision and its rule.
inline std::string Decided(const PolicySnapshot& snapshot, const AccessRequest& request) {
  const Decision decision = snapshot.Decide(request);
  const RuleRef rule = snapshot.Explain(request, decision).rule;
  std::string out = absl::StrCat(EffectName(decision.effect), " ", ReasonName(decision.reason));
  if (!rule.empty()) {
    absl::StrAppend(&out, " ", rule.pointer, " ", rule.line, ":", rule.column, " ", rule.pattern);
  }
  return out;
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_TESTS_PDP_POLICY_POLICY_TESTING_H_
