#include "pdp/commands/decision_json.h"

#include "absl/strings/str_cat.h"
#include "common/json/json_write.h"

namespace ostiary::pdp {
namespace {

std::string RuleJson(const RuleRef& rule) {
  if (rule.empty()) return "null";
  return absl::StrCat("{\"file\":", JsonString(rule.file),
                      ",\"pointer\":", JsonString(rule.pointer),
                      ",\"pattern\":", JsonString(rule.pattern), ",\"line\":", rule.line,
                      ",\"column\":", rule.column, "}");
}

}  // namespace

std::string DecisionJson(const Decision& decision, const Explanation& explanation) {
  return absl::StrCat("{\"effect\":", JsonString(EffectName(decision.effect)),
                      ",\"reason\":", JsonString(ReasonName(decision.reason)),
                      ",\"rule\":", RuleJson(explanation.rule),
                      ",\"message\":", JsonString(explanation.message), "}");
}

std::string ErrorJson(absl::string_view message) {
  return absl::StrCat("{\"error\":", JsonString(message), "}");
}

std::string DecisionText(const Decision& decision, const Explanation& explanation) {
  const RuleRef& rule = explanation.rule;
  std::string text = absl::StrCat(EffectName(decision.effect), " ", ReasonName(decision.reason),
                                  "\n", explanation.message, "\n");
  if (!rule.empty()) {
    absl::StrAppend(&text, "rule: ", rule.file, ":", rule.line, ":", rule.column, ": ",
                    JsonString(rule.pattern), " (", rule.pointer, ")\n");
  }
  return text;
}

}  // namespace ostiary::pdp
