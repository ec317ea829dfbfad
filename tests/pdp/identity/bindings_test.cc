// Who may speak for whom: the golden cases, random ones against a naive reading, and every error of
// the file with its place.
#include "pdp/identity/bindings.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "pdp/identity/load_bindings.h"
#include "tests/pdp/identity/naive_bindings.h"
#include "tests/pdp/policy/policy_testing.h"

namespace ostiary::pdp {
namespace {

using ::testing::ElementsAreArray;

LoadedBindings LoadText(absl::string_view text) { return LoadBindings({"bindings.json", text}); }

TEST(BindingsTest, GoldenCases) {
  size_t cases = 0;
  for (const auto& file : std::filesystem::directory_iterator("tests/cases/bindings")) {
    std::ifstream stream(file.path());
    const nlohmann::json golden = nlohmann::json::parse(stream);
    const LoadedBindings loaded =
        LoadText(nlohmann::json{{"bindings", golden.at("bindings")}}.dump());
    ASSERT_NE(loaded.bindings, nullptr) << absl::StrJoin(Formatted(loaded.issues), "\n");
    std::vector<NaiveBinding> naive;
    for (const auto& binding : golden.at("bindings")) {
      naive.push_back(
          {binding.at("identity"), binding.value("agents", std::vector<std::string>())});
    }
    for (const auto& one : golden.at("cases")) {
      ++cases;
      const std::string identity = one.at("identity");
      SCOPED_TRACE(one.dump());
      if (one.contains("admin")) {
        EXPECT_EQ(loaded.bindings->HasRole(identity, Role::kAdmin), one.at("admin").get<bool>());
        continue;
      }
      const std::string agent = one.at("agent");
      EXPECT_EQ(loaded.bindings->MayActAs(identity, agent), one.at("may").get<bool>());
      EXPECT_EQ(NaiveMayActAs(naive, identity, agent), one.at("may").get<bool>());
    }
  }
  EXPECT_GE(cases, 50u);
}

class RandomTexts {
 public:
  explicit RandomTexts(uint32_t seed) : random_(seed) {}

  size_t Below(size_t n) { return random_() % n; }
  std::string Run(absl::string_view alphabet, size_t least, size_t most) {
    std::string text;
    for (size_t n = least + Below(most - least + 1); n > 0; --n)
      text += alphabet[Below(alphabet.size())];
    return text;
  }
  // Of "spiffe://t/…", with captures {a} and {b} if they are wanted.
  std::string Form() {
    std::string form = "spiffe://t";
    const char* names[] = {"{a}", "{b}"};
    size_t used = 0;
    for (size_t parts = 1 + Below(3); parts > 0; --parts) {
      form += "/" + Run("xy-", 0, 1);
      if (used < 2 && Below(2) == 0) form += names[used++];
      form += Run("xy.", form.back() == '/' ? 1 : 0, 1);
    }
    return form;
  }
  std::string Identity() {
    std::string identity = "spiffe://t";
    for (size_t parts = 1 + Below(3); parts > 0; --parts) identity += "/" + Run("xy-.*", 0, 3);
    return identity;
  }
  std::string Entry() {
    std::string entry;
    for (size_t n = 1 + Below(4); n > 0; --n) {
      const size_t what = Below(6);
      entry += what == 0 ? "{a}" : what == 1 ? "{b}" : Run("xy.-*?", 1, 2);
    }
    return entry;
  }
  std::string Agent() { return Run("xy.-*", 1, 6); }

 private:
  std::mt19937 random_;
};

TEST(BindingsTest, RandomCasesAgreeWithTheNaiveReading) {
  const char* given = std::getenv("OSTIARY_TEST_SEED");
  const uint32_t seed = given != nullptr ? std::stoul(given) : std::random_device{}();
  SCOPED_TRACE(absl::StrCat("OSTIARY_TEST_SEED=", seed));
  RandomTexts random(seed);
  size_t loaded_files = 0;
  size_t allowed = 0;
  for (int i = 0; i < 10'000; ++i) {
    const NaiveBinding naive{random.Form(), {random.Entry(), random.Entry()}};
    const LoadedBindings loaded = LoadText(
        nlohmann::json{{"bindings", {{{"identity", naive.identity}, {"agents", naive.agents}}}}}
            .dump());
    if (loaded.bindings == nullptr) continue;
    ++loaded_files;
    for (int j = 0; j < 12; ++j) {
      const std::string identity = random.Identity();
      const auto readings = NaiveReadings(naive.identity, identity);
      ASSERT_LE(readings.size(), 1u) << naive.identity << " is a guess for " << identity;
      // An agent that is likely: an entry with the captures in it.
      std::string agent = random.Agent();
      if (!readings.empty() && j % 2 == 0) {
        agent = naive.agents[0];
        for (const auto& [name, text] : readings[0]) {
          for (size_t at; (at = agent.find("{" + name + "}")) != std::string::npos;) {
            agent.replace(at, name.size() + 2, text);
          }
        }
      }
      const bool expected = NaiveMayActAs({naive}, identity, agent);
      allowed += expected ? 1 : 0;
      ASSERT_EQ(loaded.bindings->MayActAs(identity, agent), expected)
          << naive.identity << " -> " << absl::StrJoin(naive.agents, " ") << ": may " << identity
          << " speak for " << agent << "?";
    }
  }
  std::printf("%zu files loaded, %zu of their cases allowed\n", loaded_files, allowed);
  EXPECT_GT(loaded_files, 2000u);
  EXPECT_GT(allowed, 200u);
}

struct LoadCase {
  const char* what;
  absl::string_view text;
  std::vector<std::string> issues;
};

const LoadCase kLoadCases[] = {
    {"nothing",
     "",
     {"bindings.json: error: the file is empty: it must be a JSON object, at least {}"}},
    {"no list",
     "{}",
     {"bindings.json:1:1: error: \"bindings\" is missing: list who may speak for which agents"}},
    {"an empty list",
     R"({"bindings": []})",
     {"bindings.json:1:14: warning: \"bindings\" is empty: nobody may ask for anything "
      "(/bindings)"}},
    {"null",
     R"({"bindings": null})",
     {"bindings.json:1:14: error: \"bindings\" must be a list, not null (/bindings)"}},
    {"unknown and duplicate keys",
     R"({"binding": 1, "_note": 1, "bindings": [{"identity": "local:unix", "identity": "local:unix",
 "role": ["admin"], "_": {}, "agents": ["a"]}]})",
     {"bindings.json:1:2: error: unknown key \"binding\" in the bindings file: known are "
      "\"bindings\"; start a comment's key with \"_\" (/binding)",
      "bindings.json:1:68: error: duplicate key \"identity\": it stands in this object before; "
      "keep "
      "one of the two (/bindings/0/identity)",
      "bindings.json:2:2: error: unknown key \"role\" in a binding: known are \"identity\", "
      "\"agents\" and \"roles\"; start a comment's key with \"_\" (/bindings/0/role)"}},
    {"a binding of nobody, and one that gives nothing",
     R"({"bindings": [{"agents": ["a"]}, {"identity": "local:unix"}]})",
     {"bindings.json:1:15: error: \"identity\" is missing: say whom it is about (/bindings/0)",
      "bindings.json:1:34: error: the binding gives nothing: add \"agents\" or \"roles\" "
      "(/bindings/1)"}},
    {"empty lists and wrong types",
     R"({"bindings": [{"identity": "local:unix", "agents": [], "roles": []},
 {"identity": 1, "agents": "a"}, {"identity": "local:unix", "agents": [null, ""], "roles": [1]}]})",
     {"bindings.json:1:52: error: \"agents\" is empty: add an entry, or leave it out "
      "(/bindings/0/agents)",
      "bindings.json:1:65: error: \"roles\" is empty: add an entry, or leave it out "
      "(/bindings/0/roles)",
      "bindings.json:2:15: error: \"identity\" must be a string, not a number "
      "(/bindings/1/identity)",
      "bindings.json:2:28: error: \"agents\" must be a list, not a string (/bindings/1/agents)",
      "bindings.json:2:72: error: an agent must be a string, not null (/bindings/2/agents/0)",
      "bindings.json:2:78: error: an agent's name must not be empty (/bindings/2/agents/1)",
      "bindings.json:2:93: error: a role must be a string, not a number (/bindings/2/roles/0)"}},
    {"an unknown role",
     R"({"bindings": [{"identity": "local:unix", "roles": ["Admin"]}]})",
     {"bindings.json:1:52: error: unknown role \"Admin\": there is \"admin\" "
      "(/bindings/0/roles/0)"}},
    {"a capture that nothing captured, one that comes twice, and a pattern that is bad",
     R"({"bindings": [{"identity": "spiffe://t/{a}", "agents": ["{b}"]},
 {"identity": "spiffe://t/{a}/{a}", "agents": ["x"]}, {"identity": "local:unix", "agents": ["[b-a]"]}]})",
     {"bindings.json:1:57: error: {b} of \"{b}\" is not captured by the identity "
      "(/bindings/0/agents/0)",
      "bindings.json:2:15: error: {a} comes twice in \"spiffe://t/{a}/{a}\": give each its own "
      "name "
      "(/bindings/1/identity)",
      "bindings.json:2:93: error: bad pattern \"[b-a]\": the range \"b-a\" runs backwards, so "
      "nothing is in it; write its smaller end first (/bindings/2/agents/0)"}},
    {"captures whose ends would be a guess",
     R"({"bindings": [{"identity": "spiffe://t/{a}-{b}", "agents": ["x"]},
 {"identity": "spiffe://t/{a}/{b}", "agents": ["{a}{b}", "{a}*{b}", "{a}[x]", "{a}.{b}"]}]})",
     {"bindings.json:1:28: error: {a} and {b} of \"spiffe://t/{a}-{b}\" have no \"/\" or \":\" "
      "between them: what each takes would be a guess (/bindings/0/identity)",
      "bindings.json:2:48: error: in \"{a}{b}\" a literal character must stand right behind {a}, "
      "else two identities could give one agent (/bindings/1/agents/0)",
      "bindings.json:2:58: error: in \"{a}*{b}\" a literal character must stand right behind {a}, "
      "else two identities could give one agent (/bindings/1/agents/1)",
      "bindings.json:2:69: error: \"{a}[x]\" has both a capture and a \"[\": write an entry for "
      "each, without the set (/bindings/1/agents/2)"}},
    {"a separator that the captured part may have is a warning",
     R"({"bindings": [{"identity": "spiffe://t/{a}/{b}", "agents": ["{a}-{b}"]}]})",
     {"bindings.json:1:61: warning: in \"{a}-{b}\" a part that has a \"-\" itself matches no "
      "agent, "
      "since where it ends would be a guess; part the captures by a character that they cannot "
      "have, such as \".\" behind a namespace (/bindings/0/agents/0)"}},
    {"a capture that an agent leaves out is a warning, unless it leaves out all",
     R"({"bindings": [{"identity": "spiffe://t/{a}/{b}/{c}", "agents": ["{b}", "x", "{a}.{c}.{b}"]}]})",
     {"bindings.json:1:65: warning: \"{b}\" leaves out {a} and {c}, so identities that differ in "
      "nothing else speak for the same agent; put them into the name, or write them out in the "
      "identity (/bindings/0/agents/0)"}},
    {"braces",
     R"({"bindings": [{"identity": "spiffe://t/{a", "agents": ["x"]},
 {"identity": "local:unix", "agents": ["}", "{}", "{a b}"]}]})",
     {"bindings.json:1:28: error: a brace in \"spiffe://t/{a\" belongs to no capture: write "
      "{name}, "
      "with letters, digits and \"_\" (/bindings/0/identity)",
      "bindings.json:2:40: error: a brace in \"}\" belongs to no capture: write {name}, with "
      "letters, digits and \"_\" (/bindings/1/agents/0)",
      "bindings.json:2:45: error: a brace in \"{}\" belongs to no capture: write {name}, with "
      "letters, digits and \"_\" (/bindings/1/agents/1)",
      "bindings.json:2:51: error: a brace in \"{a b}\" belongs to no capture: write {name}, with "
      "letters, digits and \"_\" (/bindings/1/agents/2)"}},
};

TEST(BindingsTest, WhatDoesNotLoadSaysWhereAndWhy) {
  for (const LoadCase& load_case : kLoadCases) {
    SCOPED_TRACE(load_case.what);
    const LoadedBindings loaded = LoadText(load_case.text);
    EXPECT_THAT(Formatted(loaded.issues), ElementsAreArray(load_case.issues));
    EXPECT_EQ(loaded.bindings == nullptr, HasErrors(loaded.issues));
  }
}

TEST(BindingsTest, IdentitiesThatNobodyCanHaveAreErrors) {
  for (const char* identity : {"",
                               "researcher",
                               "spiffe://",
                               "spiffe://t",
                               "spiffe://t/",
                               "spiffe://T/a",
                               "spiffe://t//a",
                               "spiffe://t/a/",
                               "spiffe://t/../a",
                               "spiffe://t/*",
                               "spiffe://t/a b",
                               "spiffe://t:1/a",
                               "spiffe://u@t/a",
                               "spiffe://t/a?b",
                               "spiffe://t/%61",
                               "SPIFFE://t/a",
                               "spiffe:/t/a",
                               "spiffe://{td}/a",
                               "spiffe://t{d}/a",
                               "http://t/a",
                               "system:serviceaccount:a",
                               "system:serviceaccount:a:b:c",
                               "system:serviceaccount:A:b",
                               "system:serviceaccount:a.b:c",
                               "system:serviceaccount::b",
                               "system:node:a",
                               "local:tcp",
                               "local:{x}",
                               "{a}",
                               "{a}:{b}",
                               "CN=researcher"}) {
    const LoadedBindings loaded = LoadText(
        nlohmann::json{{"bindings", {{{"identity", identity}, {"agents", {"a"}}}}}}.dump());
    EXPECT_EQ(loaded.bindings, nullptr) << identity;
    EXPECT_EQ(loaded.issues.size(), 1u) << identity;
  }
}

TEST(BindingsTest, ACaptureIsAWordInBraces) {
  const auto loads = [](const char* identity, const char* agent) {
    return LoadText(
               nlohmann::json{{"bindings", {{{"identity", identity}, {"agents", {agent}}}}}}.dump())
               .bindings != nullptr;
  };
  EXPECT_TRUE(loads("system:serviceaccount:{name_space}:{N1}", "{name_space}.{N1}"));
  EXPECT_FALSE(loads("system:serviceaccount:{a-b}:{c}", "{c}"));
  EXPECT_FALSE(loads("system:serviceaccount:{}:{c}", "{c}"));
  EXPECT_FALSE(loads("system:serviceaccount:{a}:{b}", "}a}"));
  EXPECT_FALSE(loads("system:serviceaccount:{a}:{b}", "{a"));
}

TEST(BindingsTest, IdentitiesWithCapturesAreBounded) {
  const auto loads = [](size_t count) {
    nlohmann::json bindings = nlohmann::json::array();
    for (size_t i = 0; i < count; ++i) {
      bindings.push_back({{"identity", absl::StrCat("spiffe://t", i, "/{a}")}, {"agents", {"a"}}});
    }
    return LoadText(nlohmann::json{{"bindings", bindings}}.dump()).bindings != nullptr;
  };
  EXPECT_TRUE(loads(kMaxBindingsWithCaptures));
  EXPECT_FALSE(loads(kMaxBindingsWithCaptures + 1));
}

TEST(BindingsTest, IdentitiesAreNoLongerThanTheyCanBe) {
  const auto loads = [](const std::string& identity) {
    return LoadText(
               nlohmann::json{{"bindings", {{{"identity", identity}, {"agents", {"a"}}}}}}.dump())
               .bindings != nullptr;
  };
  const struct {
    std::string head;
    size_t most;
    std::string tail;
  } parts[] = {{"spiffe://", 255, "/a"},
               {"spiffe://t/", 2048 - 11, ""},
               {"system:serviceaccount:", 63, ":a"},
               {"system:serviceaccount:a:", 253, ""}};
  for (const auto& part : parts) {
    EXPECT_TRUE(loads(part.head + std::string(part.most, 'x') + part.tail)) << part.head;
    EXPECT_FALSE(loads(part.head + std::string(part.most + 1, 'x') + part.tail)) << part.head;
  }
}

}  // namespace
}  // namespace ostiary::pdp
