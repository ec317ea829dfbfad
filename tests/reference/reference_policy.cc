#include "tests/reference/reference_policy.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tests/reference/rules_reader.h"

namespace ostiary::reference {
namespace {

ReferenceDecision Denied(const std::string& reason) { return {"DENY", reason, "", ""}; }

}  // namespace

absl::StatusOr<ReferencePolicy> ReferencePolicy::Parse(const std::string& rules_text) {
  ReferencePolicy policy;
  RulesReader reader(&policy);
  if (!reader.Read(rules_text)) return absl::InvalidArgumentError(reader.problem());
  return policy;
}

ReferencePolicy::Match ReferencePolicy::FindExact(const List& list, const std::string& name) {
  for (const Entry& entry : list) {
    if (entry.text == name) return {&entry, true};
  }
  return {};
}

ReferencePolicy::Match ReferencePolicy::FindPattern(const List& list, const std::string& name) {
  for (const Entry& entry : list) {
    if (GlobMatches(entry.glob, name)) return {&entry, false};
  }
  return {};
}

// Exact before pattern.
ReferencePolicy::Match ReferencePolicy::FindIn(const List& list, const std::string& name) {
  const Match exact = FindExact(list, name);
  return exact.entry != nullptr ? exact : FindPattern(list, name);
}

const ReferencePolicy::List& ReferencePolicy::ListFor(const Section& section,
                                                      const std::string& kind,
                                                      const std::string& server) {
  static const List& none = *new List;
  const auto lists = section.names.find(kind);
  if (lists == section.names.end()) return none;
  const auto list = lists->second.find(server);
  return list == lists->second.end() ? none : list->second;
}

// Both lists are one: all that is exact comes before all patterns.
ReferencePolicy::Match ReferencePolicy::FindDeny(const Agent& agent, const std::string& server,
                                                 const std::string& kind, const std::string& name) {
  const List& own = ListFor(agent.deny, kind, server);
  const List& every = ListFor(agent.deny, kind, "*");
  for (const Match& match : {FindExact(own, name), FindExact(every, name), FindPattern(own, name),
                             FindPattern(every, name)}) {
    if (match.entry != nullptr) return match;
  }
  return {};
}

ReferenceDecision ReferencePolicy::Decide(const std::string& agent, const std::string& server,
                                          const std::string& kind, const std::string& name) const {
  // Step 1.
  const auto known = agents_.find(agent);
  if (known != agents_.end()) return DecideFor(known->second, server, kind, name);
  if (deny_on_missing_agent_) return Denied("UNKNOWN_AGENT");
  const auto fallback = agents_.find("default");
  if (fallback != agents_.end()) return DecideFor(fallback->second, server, kind, name);
  return {"ALLOW", "UNKNOWN_AGENT_ALLOWED", "/defaults/deny_on_missing_agent", "false"};
}

ReferenceDecision ReferencePolicy::DecideFor(const Agent& agent, const std::string& server,
                                             const std::string& kind, const std::string& name) {
  const auto decide = [](const std::string& effect, const std::string& reason, const Match& match) {
    return ReferenceDecision{effect, reason, match.entry->pointer, match.entry->text};
  };

  // Step 2.
  const Match server_deny = FindIn(agent.deny.servers, server);
  if (server_deny.entry != nullptr) return decide("DENY", "SERVER_DENIED", server_deny);
  const Match server_allow = FindIn(agent.allow.servers, server);
  if (server_allow.entry == nullptr) return Denied("SERVER_NOT_ALLOWED");
  if (kind == "SERVER") return decide("ALLOW", "SERVER_ALLOWED", server_allow);

  // Step 3.
  const Match deny = FindDeny(agent, server, kind, name);
  if (deny.entry != nullptr) {
    return decide("DENY", deny.is_exact ? "EXPLICIT_DENY" : "PATTERN_DENY", deny);
  }

  // Step 4.
  const List& own = ListFor(agent.allow, kind, server);
  const Match allow = FindIn(own.empty() ? ListFor(agent.allow, kind, "*") : own, name);
  if (allow.entry != nullptr) {
    return decide("ALLOW", allow.is_exact ? "EXPLICIT_ALLOW" : "PATTERN_ALLOW", allow);
  }

  // Step 5.
  bool is_narrowed = false;
  for (const char* any_kind : {"TOOL", "RESOURCE", "PROMPT"}) {
    for (const std::string& key : {server, std::string("*")}) {
      if (!ListFor(agent.allow, any_kind, key).empty()) is_narrowed = true;
    }
  }
  if (!is_narrowed) return decide("ALLOW", "IMPLICIT_GRANT", server_allow);

  // Step 6.
  return Denied(absl::StrCat(kind, "_NOT_ALLOWED"));
}

}  // namespace ostiary::reference
