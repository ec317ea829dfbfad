// Reads the rules file: from JSON to RulesOutline and AgentRules, collecting all issues.
//
// Two steps, so that agents are read one at a time into the same memory, and those that are written
// like an earlier one need not be read at all.
#ifndef OSTIARY_PDP_POLICY_RULES_PARSER_H_
#define OSTIARY_PDP_POLICY_RULES_PARSER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/json/json_document.h"
#include "pdp/policy/issue_log.h"
#include "pdp/policy/json_reader.h"
#include "pdp/policy/pattern.h"
#include "pdp/policy/rules_document.h"

namespace ostiary::pdp {

// An agent whose rules are an object, not yet read.
struct AgentSite {
  absl::string_view id;
  JsonValue rules;
};

struct RulesOutline {
  std::vector<AgentSite> agents;
  bool deny_on_missing_agent = true;
  uint32_t deny_on_missing_agent_offset = 0;  // of the value, where the file has one
};

class RulesParser {
 public:
  // Problems go to `log`, whose current file is the rules. Texts that this decodes live as long as
  // it does.
  RulesParser(size_t max_pattern_bytes, IssueLog* log)
      : max_pattern_bytes_(max_pattern_bytes), reader_(log) {}

  RulesOutline ReadOutline(JsonValue root);
  // `*out` is used again. Where it logs an error, `*out` is what could be read.
  void ReadAgent(const AgentSite& site, AgentRules* out);

 private:
  void ReadAgents(JsonValue agents, RulesOutline* out);
  void ReadDefaults(JsonValue defaults, RulesOutline* out);
  void ReadSection(absl::string_view agent, absl::string_view name, JsonValue section,
                   RuleSection* out);
  void ReadLists(absl::string_view key, JsonValue lists, std::vector<RuleList>* out);
  // Whether `value` is a list.
  bool ReadList(absl::string_view what, JsonValue value, RuleList* out);
  void CheckPattern(absl::string_view text, JsonValue entry);

  // In an object whose keys the language fixes.
  static bool IsComment(absl::string_view key);
  // In a map by agents' or servers' names, which may start with "_" too: there only a text is a
  // comment, so that rules for such a name are never taken for one.
  bool IsNamedComment(absl::string_view key, JsonValue value);

  const size_t max_pattern_bytes_;
  JsonReader reader_;
  ParsedPattern pattern_;  // scratch
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_RULES_PARSER_H_
