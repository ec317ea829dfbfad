// LoadPolicy on any bytes: rules, and behind a NUL byte a catalog. What it says holds together: the
// places of issues, and the rule of every decision, which must stand in the file where it says.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/json/json_document.h"
#include "pdp/policy/load.h"
#include "pdp/policy/text_position.h"
#include "tests/fuzz/fuzz_check.h"

namespace ostiary::pdp {
namespace {

// The value at `pointer`, which must be there.
JsonValue Resolve(const JsonDocument& document, const std::string& pointer) {
  JsonValue value = document.root();
  std::vector<std::string> steps = absl::StrSplit(pointer, '/');
  for (size_t i = 1; i < steps.size(); ++i) {
    const std::string key = absl::StrReplaceAll(steps[i], {{"~1", "/"}, {"~0", "~"}});
    if (value.is_object()) {
      const auto member = value.Find(key);
      OSTIARY_FUZZ_CHECK(member.has_value(), pointer);
      value = *member;
      continue;
    }
    size_t index = 0;
    OSTIARY_FUZZ_CHECK(value.is_array() && absl::SimpleAtoi(key, &index), pointer);
    OSTIARY_FUZZ_CHECK(index < value.size(), pointer);
    auto element = value.first_element();
    while (index-- > 0) element = element->next_element();
    value = *element;
  }
  return value;
}

void CheckDecision(const PolicySnapshot& snapshot, const JsonDocument& document,
                   const LineIndex& lines, const AccessRequest& request) {
  const Decision decision = snapshot.Decide(request);
  OSTIARY_FUZZ_CHECK(decision.reason != Reason::kUnspecified, "no reason");
  const Explanation explanation = snapshot.Explain(request, decision);
  const RuleRef& rule = explanation.rule;
  OSTIARY_FUZZ_CHECK(rule.empty() == (decision.rule.list == Decision::RuleId::kNone),
                     explanation.message);
  if (rule.empty()) return;
  const JsonValue value = Resolve(document, rule.pointer);
  OSTIARY_FUZZ_CHECK(value.is_bool() || value.string_equals(rule.pattern), rule.pointer);
  OSTIARY_FUZZ_CHECK(lines.Find(value.offset()) == (TextPosition{rule.line, rule.column}),
                     rule.pointer);
}

// Strings of the document: the names worth asking about.
void CollectStrings(JsonValue value, std::vector<std::string>* out) {
  constexpr size_t kMost = 12;
  if (out->size() >= kMost) return;
  if (value.is_string()) out->push_back(value.string_copy());
  for (auto e = value.is_array() ? value.first_element() : std::nullopt; e; e = e->next_element()) {
    CollectStrings(*e, out);
  }
  for (auto k = value.is_object() ? value.first_key() : std::nullopt; k; k = k->next_key()) {
    CollectStrings(k->member_value(), out);
    CollectStrings(*k, out);
  }
}

void CheckSnapshot(const PolicySnapshot& snapshot, absl::string_view rules) {
  JsonDocument document;
  OSTIARY_FUZZ_CHECK(document.Parse(rules), document.error().message);
  const LineIndex lines(rules);
  std::vector<std::string> names = {"", "*"};
  CollectStrings(document.root(), &names);
  std::vector<std::string> agents = snapshot.AgentIds();
  agents.resize(std::min<size_t>(agents.size(), 4));
  agents.emplace_back("unknown");
  for (const std::string& agent : agents) {
    for (const std::string& server : names) {
      CheckDecision(snapshot, document, lines, {agent, server, AccessKind::kServer, ""});
      for (const std::string& name : names) {
        for (const AccessKind kind :
             {AccessKind::kTool, AccessKind::kResource, AccessKind::kPrompt}) {
          CheckDecision(snapshot, document, lines, {agent, server, kind, name});
        }
      }
    }
  }
}

void CheckIssues(const std::vector<Issue>& issues) {
  for (const Issue& issue : issues) {
    OSTIARY_FUZZ_CHECK(!issue.message.empty(), "an issue without words");
    OSTIARY_FUZZ_CHECK((issue.line == 0) == (issue.column == 0), FormatIssue(issue));
    OSTIARY_FUZZ_CHECK(FormatIssue(issue).find('\n') == std::string::npos ||
                           issue.pointer.find('\n') != std::string::npos,
                       FormatIssue(issue));
  }
}

void CheckText(absl::string_view text) {
  const size_t end = text.find('\0');
  PolicySource source{{"r", text.substr(0, end)}, std::nullopt};
  if (end != absl::string_view::npos) source.mcp_config = PolicyFile{"m", text.substr(end + 1)};
  const LoadedPolicy loaded = LoadPolicy(source);
  CheckIssues(loaded.issues);
  OSTIARY_FUZZ_CHECK((loaded.snapshot == nullptr) == HasErrors(loaded.issues), "snapshot");
  if (loaded.snapshot == nullptr) return;
  CheckSnapshot(*loaded.snapshot, source.rules.text);

  const LoadedPolicy again = LoadPolicy(source);
  OSTIARY_FUZZ_CHECK(again.issues == loaded.issues, "issues differ");
  OSTIARY_FUZZ_CHECK(again.snapshot->digest() == loaded.snapshot->digest(), "digests differ");
  const PolicyDiff diff = PolicySnapshot::Diff(loaded.snapshot.get(), *again.snapshot);
  OSTIARY_FUZZ_CHECK(diff.modified_agents.empty() && diff.added_agents.empty(), "a difference");
}

}  // namespace
}  // namespace ostiary::pdp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ostiary::pdp::CheckText(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
