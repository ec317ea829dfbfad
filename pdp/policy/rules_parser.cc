#include "pdp/policy/rules_parser.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "pdp/policy/pattern.h"
#include "pdp/policy/quote.h"

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

RulesOutline RulesParser::ReadOutline(JsonValue root) {
  RulesOutline outline;
  if (!reader_.Expect(JsonType::kObject, root, "the rules file's content")) return outline;
  reader_.ForEachMember(root, [&](absl::string_view key, JsonValue at, JsonValue value) {
    if (key == "agents") {
      ReadAgents(value, &outline);
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

void RulesParser::ReadAgents(JsonValue agents, RulesOutline* out) {
  if (!reader_.Expect(JsonType::kObject, agents, "\"agents\"")) return;
  out->agents.reserve(agents.size());
  reader_.ForEachMember(agents, [&](absl::string_view id, JsonValue at, JsonValue rules) {
    if (IsNamedComment(id, rules)) return;
    const bool good_id = IsAgentId(id);
    if (!good_id) {
      reader_.Error(at,
                    absl::StrCat("bad agent id ", Quote(id),
                                 ": an id has one or more of the characters A-Z a-z 0-9 _ . -"));
    }
    if (!reader_.Expect(JsonType::kObject, rules, absl::StrCat("agent ", Quote(id)))) return;
    // Rules under a bad id are read all the same, for their issues.
    out->agents.push_back({id, rules});
  });
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
  const JsonPointer::Step agents(reader_.pointer(), "agents");
  const JsonPointer::Step agent(reader_.pointer(), site.id);
  out->id = site.id;
  out->offset = static_cast<uint32_t>(site.rules.offset());
  Clear(&out->allow);
  Clear(&out->deny);
  reader_.ForEachMember(site.rules, [&](absl::string_view key, JsonValue at, JsonValue value) {
    if (key == "allow") {
      ReadSection(site.id, key, value, &out->allow);
    } else if (key == "deny") {
      ReadSection(site.id, key, value, &out->deny);
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

void RulesParser::ReadSection(absl::string_view agent, absl::string_view name, JsonValue section,
                              RuleSection* out) {
  if (!reader_.Expect(JsonType::kObject, section, Quote(name))) return;
  reader_.ForEachMember(section, [&](absl::string_view key, JsonValue at, JsonValue value) {
    if (key == "servers") {
      RuleList list;
      list.key_offset = static_cast<uint32_t>(at.offset());
      if (ReadList("\"servers\"", value, &list)) out->servers = std::move(list);
      return;
    }
    for (size_t kind = 0; kind < kNameKinds; ++kind) {
      if (key == NameKindKey(kind)) return ReadLists(key, value, &out->names[kind]);
    }
    reader_.CheckIgnored(value);
    if (!IsComment(key)) {
      reader_.Error(at, UnknownKey(key, absl::StrCat("\"", name, "\" of agent ", Quote(agent)),
                                   "\"servers\", \"tools\", \"resources\" and \"prompts\""));
    }
  });
}

void RulesParser::ReadLists(absl::string_view key, JsonValue lists, std::vector<RuleList>* out) {
  if (!reader_.Expect(JsonType::kObject, lists, Quote(key))) return;
  reader_.ForEachMember(lists, [&](absl::string_view server, JsonValue at, JsonValue value) {
    if (IsNamedComment(server, value)) return;
    if (server.size() > max_pattern_bytes_) {
      reader_.Error(at, absl::StrCat("the server's name ", Quote(server), " has ", server.size(),
                                     " bytes, more than the limit of ", max_pattern_bytes_));
    }
    RuleList list;
    list.server = server;
    list.key_offset = static_cast<uint32_t>(at.offset());
    const std::string what = absl::StrCat("the value of ", Quote(server), " in \"", key, "\"");
    if (ReadList(what, value, &list)) out->push_back(std::move(list));
  });
}

bool RulesParser::ReadList(absl::string_view what, JsonValue value, RuleList* out) {
  if (!reader_.Expect(JsonType::kArray, value, what)) return false;
  out->offset = static_cast<uint32_t>(value.offset());
  out->raw = value.raw();
  out->entries.reserve(value.size());
  reader_.ForEachElement(value, [&](size_t, JsonValue element) {
    if (!reader_.Expect(JsonType::kString, element, "an entry of a list")) return;
    const absl::string_view text = reader_.Text(element);
    CheckPattern(text, element);
    out->entries.push_back({text, static_cast<uint32_t>(element.offset())});
  });
  return true;
}

void RulesParser::CheckPattern(absl::string_view text, JsonValue entry) {
  if (text.size() > max_pattern_bytes_) {
    reader_.Error(entry, absl::StrCat("the entry ", Quote(text), " has ", text.size(),
                                      " bytes, more than the limit of ", max_pattern_bytes_));
  } else if (text.find('[') != absl::string_view::npos) {
    // Nothing but a set can be bad.
    if (const absl::Status status = ParsePattern(text, &pattern_); !status.ok()) {
      reader_.Error(entry, std::string(status.message()));
    }
  }
}

bool RulesParser::IsComment(absl::string_view key) { return absl::StartsWith(key, "_"); }

bool RulesParser::IsNamedComment(absl::string_view key, JsonValue value) {
  if (!IsComment(key) || !value.is_string()) return false;
  reader_.Text(value);
  return true;
}

}  // namespace ostiary::pdp
