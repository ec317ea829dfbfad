#include "pdp/policy/rules_parser.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "pdp/policy/pattern.h"
#include "pdp/policy/quote.h"
#include "pdp/policy/wildcards.h"

namespace ostiary::pdp {
namespace {

bool IsAgentId(absl::string_view id) {
  return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-';
  });
}

std::string UnknownKey(absl::string_view key, absl::string_view where, absl::string_view known) {
  return absl::StrCat("unknown key ", Quote(key), " in ", where, ": known are ", known,
                      "; start a comment's key with \"_\"");
}

// Empties a section for use by the next agent, keeping nothing but memory.
void Clear(RuleSection* section) {
  section->servers.reset();
  for (auto& lists : section->names) lists.clear();
}

}  // namespace

void RulesParser::VisitAgent(JsonValue key, absl::FunctionRef<void(const AgentSite&)> visit) {
  const JsonPointer::Step agents(reader_.pointer(), kAgentsKey);
  const auto is_new = [this](absl::string_view id) { return IsNewAgent(id); };
  reader_.Member(key, is_new, [&](absl::string_view id, JsonValue at, JsonValue rules) {
    if (IsNamedComment(id, rules)) return;
    if (!IsAgentId(id)) {
      reader_.Error(at,
                    absl::StrCat("bad agent id ", Quote(id),
                                 ": an id has one or more of the characters A-Z a-z 0-9 _ . -"));
    }
    if (rules.is_object()) {
      visit({id, rules});
    } else {
      reader_.Expect(JsonType::kObject, rules, absl::StrCat("agent ", Quote(id)));
    }
  });
}

RulesOutline RulesParser::ReadOutline(JsonValue root) {
  RulesOutline outline;
  if (!reader_.Expect(JsonType::kObject, root, "the rules file's content")) return outline;
  reader_.ForEachMember(root, [&](absl::string_view key, JsonValue at, JsonValue value) {
    if (key == kAgentsKey) {
      reader_.Expect(JsonType::kObject, value, "\"agents\"");
    } else if (key == "defaults") {
      ReadDefaults(value, &outline);
    } else {
      reader_.CheckIgnored(value);
      if (!IsComment(key) && key != "$schema") {
        reader_.Error(at, UnknownKey(key, "the rules", "\"agents\" and \"defaults\""));
      }
    }
  });
  return outline;
}

void RulesParser::ReadDefaults(JsonValue defaults, RulesOutline* out) {
  if (!reader_.Expect(JsonType::kObject, defaults, "\"defaults\"")) return;
  reader_.ForEachMember(defaults, [&](absl::string_view key, JsonValue at, JsonValue value) {
    if (key == "deny_on_missing_agent") {
      if (!reader_.Expect(JsonType::kBool, value, "\"deny_on_missing_agent\"")) return;
      out->deny_on_missing_agent = value.bool_value();
      out->deny_on_missing_agent_offset = static_cast<uint32_t>(value.offset());
      return;
    }
    reader_.CheckIgnored(value);
    if (!IsComment(key)) {
      reader_.Error(at, UnknownKey(key, "\"defaults\"", "\"deny_on_missing_agent\""));
    }
  });
}

void RulesParser::ReadAgent(const AgentSite& site, AgentRules* out) {
  out->id = site.id;
  out->offset = static_cast<uint32_t>(site.rules.offset());
  Clear(&out->allow);
  Clear(&out->deny);
  out->all_entries.clear();
  reader_.ForEachMember(site.rules, [&](absl::string_view key, JsonValue at, JsonValue value) {
    if (key == "allow") {
      ReadSection(key, value, &out->allow, out);
    } else if (key == "deny") {
      ReadSection(key, value, &out->deny, out);
    } else if (key == "description") {
      if (reader_.Expect(JsonType::kString, value, "\"description\"")) reader_.Text(value);
    } else {
      reader_.CheckIgnored(value);
      if (!IsComment(key)) {
        reader_.Error(at, UnknownKey(key, absl::StrCat("agent ", Quote(site.id)),
                                     "\"allow\", \"deny\" and \"description\""));
      }
    }
  });
}

void RulesParser::ReadSection(absl::string_view name, JsonValue section, RuleSection* section_out,
                              AgentRules* out) {
  if (!section.is_object()) {
    reader_.Expect(JsonType::kObject, section, Quote(name));
    return;
  }
  reader_.ForEachMember(section, [&](absl::string_view key, JsonValue at, JsonValue value) {
    if (key == "servers") {
      if (!reader_.Expect(JsonType::kArray, value, "\"servers\"")) return;
      section_out->servers = ReadList(value, out);
      section_out->servers->key_offset = static_cast<uint32_t>(at.offset());
      return;
    }
    for (size_t kind = 0; kind < kNameKinds; ++kind) {
      if (key == NameKindKey(kind)) return ReadLists(key, value, &section_out->names[kind], out);
    }
    reader_.CheckIgnored(value);
    if (!IsComment(key)) {
      reader_.Error(at, UnknownKey(key, absl::StrCat("\"", name, "\" of agent ", Quote(out->id)),
                                   "\"servers\", \"tools\", \"resources\" and \"prompts\""));
    }
  });
}

void RulesParser::ReadLists(absl::string_view key, JsonValue lists,
                            std::vector<RuleList>* lists_out, AgentRules* out) {
  if (!lists.is_object()) {
    reader_.Expect(JsonType::kObject, lists, Quote(key));
    return;
  }
  reader_.ForEachMember(lists, [&](absl::string_view server, JsonValue at, JsonValue value) {
    if (IsNamedComment(server, value)) return;
    if (server.size() > max_pattern_bytes_) {
      reader_.Error(at, absl::StrCat("the server's name ", Quote(server), " has ", server.size(),
                                     " bytes, more than the limit of ", max_pattern_bytes_));
    }
    if (!value.is_array()) {
      reader_.Expect(JsonType::kArray, value,
                     absl::StrCat("the value of ", Quote(server), " in \"", key, "\""));
      return;
    }
    RuleList& list = lists_out->emplace_back(ReadList(value, out));
    list.server = server;
    list.key_offset = static_cast<uint32_t>(at.offset());
  });
}

inline bool RulesParser::ReadPlainEntry(JsonValue value, AgentRules* out) {
  if (!value.is_string() || value.has_escapes()) return false;
  const absl::string_view text = JsonReader::PlainText(value);
  const HasWildcards wildcards = FindWildcards(text);
  // Nothing but a set can be bad.
  if (wildcards.set != 0 || text.size() > max_pattern_bytes_) return false;
  out->all_entries.push_back({text, static_cast<uint32_t>(value.offset()), wildcards.any != 0});
  return true;
}

RuleList RulesParser::ReadList(JsonValue value, AgentRules* out) {
  RuleList list;
  list.offset = static_cast<uint32_t>(value.offset());
  list.raw = value.raw();
  list.first_entry = static_cast<uint32_t>(out->all_entries.size());
  size_t index = 0;
  for (auto element = value.first_element(); element; element = element->next_element(), ++index) {
    if (ReadPlainEntry(*element, out)) continue;
    const JsonPointer::Step step(reader_.pointer(), index);
    ReadEntry(*element, out);
  }
  list.entry_count = static_cast<uint32_t>(out->all_entries.size()) - list.first_entry;
  return list;
}

void RulesParser::ReadEntry(JsonValue value, AgentRules* out) {
  if (!reader_.Expect(JsonType::kString, value, "an entry of a list")) return;
  const absl::string_view text = reader_.Text(value);
  if (text.size() > max_pattern_bytes_) {
    reader_.Error(value, absl::StrCat("the entry ", Quote(text), " has ", text.size(),
                                      " bytes, more than the limit of ", max_pattern_bytes_));
  } else if (const absl::Status status = ParsePattern(text, &pattern_); !status.ok()) {
    reader_.Error(value, std::string(status.message()));
  }
  out->all_entries.push_back({text, static_cast<uint32_t>(value.offset()), MayBePattern(text)});
}

bool RulesParser::IsNewAgent(absl::string_view key) {
  // The table gets no comments, and an agent can be called like one.
  if (repeats_ == Repeats::kLeftToTable && !IsComment(key)) return true;
  return seen_agents_.insert(key).second;
}

bool RulesParser::IsComment(absl::string_view key) { return absl::StartsWith(key, "_"); }

bool RulesParser::IsNamedComment(absl::string_view key, JsonValue value) {
  if (!IsComment(key) || !value.is_string()) return false;
  reader_.Text(value);
  return true;
}

}  // namespace ostiary::pdp
