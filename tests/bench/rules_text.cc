#include "tests/bench/rules_text.h"

#include "absl/strings/str_cat.h"

namespace ostiary::bench {
namespace {

// `list` tells the allow list from the deny list.
std::string Entry(size_t policy, char list, size_t k) {
  const std::string stem = absl::StrCat(std::string(1, list), policy, "_", k);
  if (k % 16 == 15) return absl::StrCat(stem, "_*_mid");
  if (k % 4 == 2) return absl::StrCat(stem, "_*");
  if (k % 4 == 3) return absl::StrCat("*_", stem);
  return stem;
}

void AppendList(size_t policy, char list, size_t patterns, std::string* out) {
  for (size_t k = 0; k < patterns; ++k) {
    absl::StrAppend(out, k == 0 ? "\"" : ",\"", Entry(policy, list, k), "\"");
  }
}

}  // namespace

std::string RulesText(const RulesShape& shape) {
  std::string text = "{\"agents\":{";
  for (size_t agent = 0; agent < shape.agents; ++agent) {
    const size_t policy = agent % shape.policies;
    absl::StrAppend(&text, agent == 0 ? "" : ",", "\"agent-", agent,
                    "\":{\"allow\":{\"servers\":[\"files\"],\"tools\":{\"files\":[");
    AppendList(policy, 'a', shape.patterns + (agent == shape.edited_agent ? 1 : 0), &text);
    text += "]}},\"deny\":{\"tools\":{\"files\":[";
    AppendList(policy, 'd', shape.patterns, &text);
    text += "]}}}";
  }
  return text + "}}\n";
}

std::string AllowedTool(size_t policy) { return Entry(policy, 'a', 0); }

}  // namespace ostiary::bench
