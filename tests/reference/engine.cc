#include "tests/reference/engine.h"

#include "gtest/gtest.h"

namespace ostiary::reference {
namespace {

pdp::AccessKind KindOf(const std::string& word) {
  for (const auto kind : {pdp::AccessKind::kTool, pdp::AccessKind::kResource,
                          pdp::AccessKind::kPrompt, pdp::AccessKind::kServer}) {
    if (pdp::AccessKindName(kind) == word) return kind;
  }
  ADD_FAILURE() << "no such kind: " << word;
  return pdp::AccessKind::kServer;
}

}  // namespace

pdp::LoadedPolicy LoadRules(const std::string& rules_text) {
  return pdp::LoadPolicy({.rules = {kRulesFileName, rules_text}, .mcp_config = std::nullopt});
}

std::optional<Decider> LoadEngine(const std::string& rules_text) {
  const pdp::LoadedPolicy loaded = LoadRules(rules_text);
  EXPECT_EQ(loaded.snapshot == nullptr, pdp::HasErrors(loaded.issues));
  if (loaded.snapshot == nullptr) return std::nullopt;
  return [snapshot = loaded.snapshot](const Request& request) {
    return AskEngine(*snapshot, request);
  };
}

Outcome AskEngine(const pdp::PolicySnapshot& snapshot, const Request& request) {
  const pdp::AccessRequest access = {.agent = request.agent,
                                     .server = request.server,
                                     .kind = KindOf(request.kind),
                                     .name = request.name};
  const pdp::Decision decision = snapshot.Decide(access);
  const pdp::Explanation explanation = snapshot.Explain(access, decision);
  EXPECT_FALSE(explanation.message.empty());
  EXPECT_EQ(explanation.rule.file, explanation.rule.empty() ? "" : kRulesFileName);
  Outcome outcome;
  outcome.decision = {std::string(pdp::EffectName(decision.effect)),
                      std::string(pdp::ReasonName(decision.reason)), explanation.rule.pointer,
                      explanation.rule.pattern};
  outcome.position = {explanation.rule.line, explanation.rule.column};
  return outcome;
}

}  // namespace ostiary::reference
