// Reads the rules file: from JSON to RulesOutline and AgentRules, collecting all issues.
//
// Agents come one by one while the file is parsed (JsonPieces), are read into the same memory and
// forgotten, so that a file costs no more memory than its text; and those that are written like an
// earlier one need not be read at all.
#ifndef OSTIARY_PDP_POLICY_RULES_PARSER_H_
#define OSTIARY_PDP_POLICY_RULES_PARSER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
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

// All but the agents.
struct RulesOutline {
  bool deny_on_missing_agent = true;
  uint32_t deny_on_missing_agent_offset = 0;  // of the value, where the file has one
};

class RulesParser {
 public:
  static constexpr absl::string_view kAgentsKey = "agents";

  // What finds an agent that stands in the file twice. To remember all ids takes a twentieth of the
  // time of a load, and the table of agents finds it anyway, if too late to say where.
  enum class Repeats { kLeftToTable, kFound };

  // Problems go to `log`, whose current file is the rules. Texts that this decodes live as long as
  // it does. With kLeftToTable, agents that are visited without an error may repeat others such.
  RulesParser(size_t max_pattern_bytes, Repeats repeats, IssueLog* log)
      : max_pattern_bytes_(std::min(max_pattern_bytes, kMaxEntryBytes)),
        repeats_(repeats),
        reader_(log) {}

  // A member of the object of agents. Calls `visit` where it is an agent, by itself or under a bad
  // id (whose rules are read all the same, for their issues).
  void VisitAgent(JsonValue key, absl::FunctionRef<void(const AgentSite&)> visit);
  // Within VisitAgent. `*out` is used again. Where it logs an error, `*out` is what could be read.
  void ReadAgent(const AgentSite& site, AgentRules* out);
  // The rest of the file, its agents having been visited.
  RulesOutline ReadOutline(JsonValue root);

 private:
  void ReadDefaults(JsonValue defaults, RulesOutline* out);
  void ReadSection(absl::string_view name, JsonValue section, RuleSection* section_out,
                   AgentRules* out);
  void ReadLists(absl::string_view key, JsonValue lists, std::vector<RuleList>* lists_out,
                 AgentRules* out);
  // `value` is a list.
  RuleList ReadList(JsonValue value, AgentRules* out);
  // Most entries: a text in which nothing can be wrong, so that the pointer need not step into it.
  bool ReadPlainEntry(JsonValue value, AgentRules* out);
  void ReadEntry(JsonValue value, AgentRules* out);

  // In an object whose keys the language fixes.
  static bool IsComment(absl::string_view key);
  // In a map by agents' or servers' names, which may start with "_" too: there only a text is a
  // comment, so that rules for such a name are never taken for one.
  bool IsNamedComment(absl::string_view key, JsonValue value);

  // Whether the key of the object of agents is the first of its text, or that is left to the table.
  bool IsNewAgent(absl::string_view key);

  const size_t max_pattern_bytes_;
  const Repeats repeats_;
  JsonReader reader_;
  absl::flat_hash_set<absl::string_view> seen_agents_;
  ParsedPattern pattern_;  // scratch
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_RULES_PARSER_H_
