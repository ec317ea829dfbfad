#include "tests/reference/random_policy.h"

#include "tests/reference/reference_glob.h"

namespace ostiary::reference {
namespace {

// Of one, two, three and four bytes; some of them mean something in a pattern.
const std::vector<std::string>& Characters() {
  static const auto& characters =
      *new std::vector<std::string>{"a", "a", "b", "b", "c", "_", "-", "]", "!", "é", "日", "😀"};
  return characters;
}

const std::vector<std::string>& Wildcards() {
  static const auto& wildcards = *new std::vector<std::string>{
      "*",     "*",    "*",      "?",      "?",     "[ab]", "[!a]",  "[a-c]", "[!b-é]", "[]a]",
      "[!]b]", "[a-]", "[-b]",   "[",      "[!",    "[*]",  "[?c]",  "[é日]", "[a-😀]",  "[!日]",
      "**",    "?*",   "[a-c-]", "[b-aa]", "[[-b]", "[^a]", "[!a-]", "[]-c]", "[\\]",   "{a,b}"};
  return wildcards;
}

void AppendUtf8(char32_t character, std::string* text) {
  const auto append = [text](char32_t byte) { text->push_back(static_cast<char>(byte)); };
  const auto append_rest = [&](int shift) { append(0x80 | ((character >> shift) & 0x3f)); };
  if (character < 0x80) return append(character);
  if (character < 0x800) {
    append(0xc0 | (character >> 6));
  } else if (character < 0x10000) {
    append(0xe0 | (character >> 12));
    append_rest(6);
  } else {
    append(0xf0 | (character >> 18));
    append_rest(12);
    append_rest(6);
  }
  append_rest(0);
}

bool IsSurrogate(char32_t character) { return character >= 0xd800 && character <= 0xdfff; }

}  // namespace

std::string RandomPolicy::RandomCharacters(size_t most) {
  std::string text;
  for (size_t left = Below(most + 1); left > 0; --left) text += OneOf(Characters());
  return text;
}

std::string RandomPolicy::RandomPattern() {
  std::string pattern;
  for (size_t left = Percent(2) ? 0 : 1 + Below(4); left > 0; --left) {
    // The reversed range stands in the table once; it makes some rules unloadable, which is meant.
    pattern += Percent(65) ? OneOf(Characters()) : OneOf(Wildcards());
  }
  return pattern;
}

std::string RandomPolicy::NameFor(const std::string& pattern) {
  std::string name;
  for (const GlobPart& part : ParseGlob(pattern).parts) {
    if (Percent(2)) continue;
    if (part.kind == GlobPart::Kind::kAnyRun) {
      name += RandomCharacters(3);
    } else if (part.kind != GlobPart::Kind::kOneOf) {
      name += OneOf(Characters());
    } else {
      const GlobPart::Range range = part.ranges[Below(part.ranges.size())];
      const char32_t width = range.first < range.last ? range.last - range.first : 0;
      const char32_t inside = range.first + static_cast<char32_t>(Below(width + 1));
      AppendUtf8(Percent(50) || IsSurrogate(inside) ? range.first : inside, &name);
    }
  }
  return Percent(3) ? name + OneOf(Characters()) : name;
}

std::string RandomPolicy::PatternOrName(const std::vector<std::string>& patterns) {
  const std::string& pattern = OneOf(patterns);
  return Percent(70) ? pattern : NameFor(pattern);
}

RandomPolicy::Json RandomPolicy::RandomList(const std::vector<std::string>& patterns) {
  Json list = Json::array();
  // Now and then among so many others that the list is searched another way.
  const size_t others = Percent(12) ? 10 + Below(60) : 0;
  for (size_t i = 0; i < others; ++i) {
    const std::string other = "other-" + std::to_string(i);
    list.push_back(i % 3 == 0 ? other : i % 3 == 1 ? other + "-*" : "*-" + other);
  }
  for (size_t left = Below(5); left > 0; --left) {
    list.insert(list.begin() + static_cast<ptrdiff_t>(Below(list.size() + 1)),
                PatternOrName(patterns));
  }
  return list;
}

RandomPolicy::Json RandomPolicy::RandomLists() {
  Json lists = Json::object();
  if (Percent(5)) lists["_comment"] = "no list";
  for (size_t left = Below(4); left > 0; --left) {
    lists[Percent(40) ? "*" : OneOf(servers_)] = RandomList(patterns_);
  }
  return lists;
}

RandomPolicy::Json RandomPolicy::RandomSection(Section of) {
  Json section = Json::object();
  // In any order, some not at all. A deny of servers hides all that the rest of the agent says, so
  // it is rare, and seldom of all servers.
  const std::vector<std::string>& servers = of == Section::kAllow ? server_patterns_ : servers_;
  for (size_t left = 6; left > 0; --left) {
    switch (Below(6)) {
      case 0:
        section["tools"] = RandomLists();
        break;
      case 1:
        section["resources"] = RandomLists();
        break;
      case 2:
        section["prompts"] = RandomLists();
        break;
      case 3:
        if (Percent(20)) section["_comment"] = Json::array({"servers"});
        break;
      default:
        if (of == Section::kAllow || Percent(8)) section["servers"] = RandomList(servers);
    }
  }
  // Without one nothing else of the agent would be asked.
  if (of == Section::kAllow && Percent(70)) section["servers"].push_back(OneOf(server_patterns_));
  return section;
}

RandomPolicy::Json RandomPolicy::RandomDefaults() {
  Json defaults = Json::object();
  if (Percent(80)) defaults["deny_on_missing_agent"] = Percent(20);
  if (Percent(10)) defaults["_comment"] = false;
  return defaults;
}

const RandomPolicy::Json& RandomPolicy::NextRules() {
  patterns_ = {"*"};
  server_patterns_ = {"*", "*", "*", "?"};
  servers_ = {"*"};
  for (size_t left = 6; left > 0; --left) patterns_.push_back(RandomPattern());
  for (size_t left = 2; left > 0; --left) server_patterns_.push_back(RandomPattern());
  for (size_t left = 3; left > 0; --left) {
    servers_.push_back(PatternOrName(server_patterns_));
    server_patterns_.push_back(servers_.back());
  }

  rules_ = Json::object();
  if (Percent(50)) rules_["defaults"] = RandomDefaults();
  if (Percent(5)) rules_["$schema"] = "rules";
  Json& agents = rules_["agents"] = Json::object();
  for (const char* id : {"a", "b", "_c", "default"}) {
    if (Percent(id == std::string("default") ? 60 : 5)) continue;
    Json& agent = agents[id] = Json::object();
    if (Percent(60)) agent["deny"] = RandomSection(Section::kDeny);
    if (Percent(95)) agent["allow"] = RandomSection(Section::kAllow);
    if (Percent(10)) agent["description"] = "an agent";
  }
  if (!rules_.contains("defaults") && Percent(50)) rules_["defaults"] = RandomDefaults();
  return rules_;
}

Request RandomPolicy::NextRequest() {
  static const auto& agents =
      *new std::vector<std::string>{"a", "a", "a", "b", "b", "b", "_c", "default", "stranger"};
  static const auto& kinds =
      *new std::vector<std::string>{"SERVER", "TOOL", "TOOL", "RESOURCE", "PROMPT"};
  Request request;
  request.agent = OneOf(agents);
  request.server = Percent(70) ? OneOf(servers_) : NameFor(OneOf(server_patterns_));
  request.kind = OneOf(kinds);
  if (request.kind == "SERVER") return request;
  const std::string& pattern = OneOf(patterns_);
  request.name = Percent(15) ? pattern : NameFor(pattern);
  return request;
}

std::string RandomPolicy::NextText() {
  const int indent = static_cast<int>(Below(4)) - 1;
  return rules_.dump(indent, Percent(20) ? '\t' : ' ', /*ensure_ascii=*/Percent(30));
}

}  // namespace ostiary::reference
