#include "tests/reference/rules_reader.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace ostiary::reference {
namespace {

// In an object whose keys are fixed.
bool IsComment(const std::string& key) { return key.front() == '_' || key == "$schema"; }

// In an object whose keys are names: there an agent or a server may start with `_` too.
template <typename Json>
bool IsCommentAmongNames(const std::string& key, const Json& value) {
  return !key.empty() && key.front() == '_' && value.is_string();
}

}  // namespace

std::string PointerTo(const std::string& parent, const std::string& key) {
  return absl::StrCat(parent, "/", absl::StrReplaceAll(key, {{"~", "~0"}, {"/", "~1"}}));
}

void RulesReader::Complain(const std::string& pointer, const std::string& what) {
  if (problem_.empty()) problem_ = absl::StrCat(pointer, ": ", what);
}

bool RulesReader::Read(const std::string& rules_text) {
  const Json rules = Json::parse(rules_text, nullptr, /*allow_exceptions=*/false);
  if (!rules.is_object()) {
    Complain("", "not JSON, or not an object");
    return false;
  }
  for (const auto& [key, value] : rules.items()) {
    if (key == "defaults" && value.is_object()) {
      ReadDefaults(value);
    } else if (key == "agents" && value.is_object()) {
      for (const auto& [id, agent] : value.items()) {
        if (IsCommentAmongNames(id, agent)) continue;
        ReadAgent(agent, PointerTo("/agents", id), &policy_->agents_[id]);
      }
    } else if (key.empty() || !IsComment(key)) {
      Complain(PointerTo("", key), "unknown key or wrong type");
    }
  }
  return problem_.empty();
}

void RulesReader::ReadDefaults(const Json& defaults) {
  for (const auto& [key, value] : defaults.items()) {
    if (key == "deny_on_missing_agent" && value.is_boolean()) {
      policy_->deny_on_missing_agent_ = value.get<bool>();
    } else if (key.empty() || !IsComment(key)) {
      Complain(PointerTo("/defaults", key), "unknown key or wrong type");
    }
  }
}

void RulesReader::ReadAgent(const Json& agent, const std::string& pointer,
                            ReferencePolicy::Agent* into) {
  if (!agent.is_object()) return Complain(pointer, "not an object");
  for (const auto& [key, value] : agent.items()) {
    if (key == "allow" || key == "deny") {
      ReadSection(value, PointerTo(pointer, key), key == "allow" ? &into->allow : &into->deny);
    } else if (key.empty() || !(IsComment(key) || key == "description")) {
      Complain(PointerTo(pointer, key), "unknown key");
    }
  }
}

void RulesReader::ReadSection(const Json& section, const std::string& pointer,
                              ReferencePolicy::Section* into) {
  static const auto& kinds = *new std::map<std::string, std::string>{
      {"tools", "TOOL"}, {"resources", "RESOURCE"}, {"prompts", "PROMPT"}};
  if (!section.is_object()) return Complain(pointer, "not an object");
  for (const auto& [key, value] : section.items()) {
    const auto kind = kinds.find(key);
    if (key == "servers") {
      ReadList(value, PointerTo(pointer, key), &into->servers);
    } else if (kind != kinds.end()) {
      ReadLists(value, PointerTo(pointer, key), &into->names[kind->second]);
    } else if (key.empty() || !IsComment(key)) {
      Complain(PointerTo(pointer, key), "unknown key");
    }
  }
}

void RulesReader::ReadLists(const Json& lists, const std::string& pointer,
                            ReferencePolicy::ListsByServer* into) {
  if (!lists.is_object()) return Complain(pointer, "not an object");
  for (const auto& [server, list] : lists.items()) {
    if (IsCommentAmongNames(server, list)) continue;
    ReadList(list, PointerTo(pointer, server), &(*into)[server]);
  }
}

void RulesReader::ReadList(const Json& list, const std::string& pointer,
                           ReferencePolicy::List* into) {
  if (!list.is_array()) return Complain(pointer, "not a list");
  for (size_t index = 0; index < list.size(); ++index) {
    const std::string at = absl::StrCat(pointer, "/", index);
    if (!list[index].is_string()) return Complain(at, "not a string");
    const auto& text = list[index].get_ref<const std::string&>();
    const Glob glob = ParseGlob(text);
    if (glob.has_reversed_range) Complain(at, "a reversed range");
    into->push_back({at, text, glob});
  }
}

}  // namespace ostiary::reference
