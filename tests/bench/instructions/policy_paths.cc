// Decisions, and the load of the policy that they are made by: 1,000 agents, no two alike, each
// with ten entries to allow and ten to deny.
#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pdp/policy/load.h"
#include "tests/bench/instructions/counted.h"

namespace ostiary::bench {
namespace {

constexpr size_t kAgents = 1'000;
constexpr size_t kEntries = 10;

// Of an agent's list, the entry `k`: half exact, then prefixes, suffixes, and one in the middle.
std::string Entry(const char* list, size_t agent, size_t k, absl::string_view star = "*") {
  const std::string stem = absl::StrCat(list, agent, "_", k);
  if (k == 9) return absl::StrCat(stem, "_", star, "_end");
  if (k % 4 == 1) return absl::StrCat(stem, "_", star);
  if (k % 4 == 3) return absl::StrCat(star, "_", stem);
  return stem;
}

std::string Entries(const char* list, size_t agent) {
  std::string text;
  for (size_t k = 0; k < kEntries; ++k) {
    absl::StrAppend(&text, k == 0 ? "\"" : ",\"", Entry(list, agent, k), "\"");
  }
  return text;
}

const std::string& Rules() {
  static const auto* const rules = [] {
    auto* text = new std::string("{\"agents\":{");
    for (size_t agent = 0; agent < kAgents; ++agent) {
      absl::StrAppend(text, agent == 0 ? "" : ",", "\"agent-", agent,
                      R"(":{"allow":{"servers":["files"],"tools":{"files":[)",
                      Entries("read", agent), R"(]}},"deny":{"tools":{"files":[)",
                      Entries("write", agent), "]}}}");
    }
    *text += "}}";
    return text;
  }();
  return *rules;
}

std::shared_ptr<const pdp::PolicySnapshot> Load() {
  pdp::LoadedPolicy loaded = pdp::LoadPolicy({{"rules.json", Rules()}, {}});
  if (loaded.snapshot == nullptr) Fail("the rules do not load");
  return std::move(loaded.snapshot);
}

struct Question {
  std::string agent;
  std::string tool;
};

// One of each agent, so that one agent's place in a hash table does not count for much. `tool` says
// what is asked for the agent.
template <typename Tool>
void Decide(int calls, pdp::Effect expected, Tool tool) {
  const std::shared_ptr<const pdp::PolicySnapshot> snapshot = Load();
  std::vector<Question> questions;
  for (size_t agent = 0; agent < kAgents; ++agent) {
    questions.push_back({absl::StrCat("agent-", agent), tool(agent)});
  }
  int as_expected = 0;
  {
    const Counted counted;
    for (int i = 0; i < calls; ++i) {
      const Question& question = questions[static_cast<size_t>(i) % kAgents];
      const pdp::Decision decision =
          snapshot->Decide({question.agent, "files", pdp::AccessKind::kTool, question.tool});
      as_expected += decision.effect == expected ? 1 : 0;
    }
  }
  if (as_expected != calls) Fail("a decision is not what it must be");
}

void ExactAllow(int calls) {
  Decide(calls, pdp::Effect::kAllow, [](size_t agent) { return Entry("read", agent, 0); });
}

void PatternAllow(int calls) {
  Decide(calls, pdp::Effect::kAllow, [](size_t agent) {
    return Entry("read", agent, agent % 2 == 0 ? 1 : 3, "file");  // a prefix or a suffix
  });
}

void MiddleAllow(int calls) {
  Decide(calls, pdp::Effect::kAllow, [](size_t agent) { return Entry("read", agent, 9, "file"); });
}

void ExactDeny(int calls) {
  Decide(calls, pdp::Effect::kDeny, [](size_t agent) { return Entry("write", agent, 0); });
}

void NoMatch(int calls) {
  Decide(calls, pdp::Effect::kDeny, [](size_t agent) { return absl::StrCat("none", agent, "_0"); });
}

void LoadAll(int calls) {
  Rules();
  const Counted counted;
  for (int i = 0; i < calls; ++i) Load();
}

}  // namespace

std::vector<Path> PolicyPaths() {
  return {
      {"decide-exact-allow", 10'000, ExactAllow},   {"decide-pattern-allow", 10'000, PatternAllow},
      {"decide-middle-allow", 10'000, MiddleAllow}, {"decide-exact-deny", 10'000, ExactDeny},
      {"decide-no-match", 10'000, NoMatch},         {"load-1000-agents", 1, LoadAll},
  };
}

}  // namespace ostiary::bench
