// Warnings: what loads but cannot be meant. Each case has what is warned of, and near misses that
// are not.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/pdp/policy/policy_testing.h"

namespace ostiary::pdp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr absl::string_view kCatalog = R"({"mcpServers": {
    "db": {"command": "db"}, "files": {"command": "files"}, "x[1]": {"command": "x"}}})";

struct Case {
  const char* what;
  const char* agent;  // the rules of "frontend"
  std::vector<std::string> warnings;
};

std::vector<std::string> Warnings(const Case& c, std::optional<absl::string_view> catalog) {
  const std::string rules = absl::StrCat("{\"agents\": {\"frontend\":\n", c.agent, "}}");
  const LoadedPolicy loaded = LoadTexts(rules, catalog);
  EXPECT_NE(loaded.snapshot, nullptr) << c.what;
  EXPECT_FALSE(HasErrors(loaded.issues)) << c.what;
  return Formatted(loaded.issues);
}

const Case kCatalogCases[] = {
    {"servers that the catalog has", R"({"allow": {"servers": ["db", "files"]}})", {}},
    {"patterns name none",
     R"({"allow": {"servers": ["*", "no-*", "no-[a]"]},
        "deny": {"tools": {"*": ["x"]}}})",
     {}},
    {"in allow.servers",
     R"({"allow": {"servers": ["db", "postgres"]}})",
     {"rules.json:2:30: warning: agent \"frontend\": allow.servers names the server \"postgres\", "
      "which is not in the catalog (mcp.json) (/agents/frontend/allow/servers/1)"}},
    {"in deny.servers",
     R"({"deny": {"servers": ["postgres"]}})",
     {"rules.json:2:23: warning: agent \"frontend\": deny.servers names the server \"postgres\", "
      "which is not in the catalog (mcp.json) (/agents/frontend/deny/servers/0)"}},
    {"under deny.tools",
     R"({"allow": {"servers": ["*"]}, "deny": {"tools": {"postgres": ["x"]}}})",
     {"rules.json:2:50: warning: agent \"frontend\": deny.tools names the server \"postgres\", "
      "which is not in the catalog (mcp.json) (/agents/frontend/deny/tools/postgres)"}},
    {"under the others",
     R"({"allow": {"servers": ["*"], "prompts": {"pg": ["x"]}}, "deny": {"resources": {"pg": []}}})",
     {"rules.json:2:42: warning: agent \"frontend\": allow.prompts names the server \"pg\", which "
      "is not in the catalog (mcp.json) (/agents/frontend/allow/prompts/pg)",
      "rules.json:2:80: warning: agent \"frontend\": deny.resources names the server \"pg\", which "
      "is not in the catalog (mcp.json) (/agents/frontend/deny/resources/pg)"}},
    {"case matters",
     R"({"allow": {"servers": ["DB"]}})",
     {"rules.json:2:24: warning: agent \"frontend\": allow.servers names the server \"DB\", which "
      "is "
      "not in the catalog (mcp.json) (/agents/frontend/allow/servers/0)"}},
    {"a \"[\" that nothing closes makes no pattern",
     R"({"allow": {"servers": ["x["]}})",
     {"rules.json:2:24: warning: agent \"frontend\": allow.servers names the server \"x[\", which "
      "is not in the catalog (mcp.json) (/agents/frontend/allow/servers/0)"}},
    {"a key that looks like a pattern names a server of the catalog",
     R"({"allow": {"servers": ["*"], "tools": {"x[1]": ["t"]}}})",
     {}},
};

TEST(LintTest, WarnsOfServersThatTheCatalogDoesNotHave) {
  for (const Case& c : kCatalogCases) {
    EXPECT_EQ(Warnings(c, kCatalog), c.warnings) << c.what;
  }
}

TEST(LintTest, ComparesNothingWithoutACatalog) {
  for (const Case& c : kCatalogCases) {
    for (const std::string& warning : Warnings(c, std::nullopt)) {
      EXPECT_FALSE(absl::StrContains(warning, "catalog")) << c.what << ": " << warning;
    }
  }
}

// A catalog that does not load would make every rule look wrong.
TEST(LintTest, ComparesNothingWithABadCatalog) {
  const LoadedPolicy loaded =
      LoadTexts(R"({"agents": {"a": {"allow": {"servers": ["db"]}}}})", R"({"mcpServers": 1})");
  EXPECT_THAT(Formatted(loaded.issues),
              ElementsAre("mcp.json:1:16: error: \"mcpServers\" must be an object, not a number "
                          "(/mcpServers)"));
}

TEST(LintTest, WarnsOfACatalogWithoutServers) {
  const LoadedPolicy loaded = LoadTexts("{}", R"({"servers": {}})");
  EXPECT_THAT(Formatted(loaded.issues),
              ElementsAre("mcp.json:1:1: warning: the server catalog has no \"mcpServers\", so it "
                          "has no servers"));
}

const Case kRuleCases[] = {
    {"nothing to say",
     R"({"allow": {"servers": ["db", "web-*"], "tools": {"db": ["get_*", "put"], "*": ["a"]}},
         "deny": {"servers": ["web-x"], "tools": {"db": ["get_secret*", "put_*"], "*": ["b"]}}})",
     {}},
    {"empty lists that allow",
     R"({"allow": {"servers": [], "tools": {"*": []}, "prompts": {"db": []}}})",
     {"rules.json:2:23: warning: agent \"frontend\": allow.servers is an empty list, so the agent "
      "may use no server; list servers, or leave the agent out (/agents/frontend/allow/servers)",
      "rules.json:2:42: warning: agent \"frontend\": allow.tools has an empty list for all "
      "servers, "
      "which counts as no list and narrows nothing; to allow none, deny \"*\" "
      "(/agents/frontend/allow/tools/*)",
      "rules.json:2:65: warning: agent \"frontend\": allow.prompts has an empty list for the "
      "server "
      "\"db\", which counts as no list and narrows nothing; to allow none, deny \"*\" "
      "(/agents/frontend/allow/prompts/db)"}},
    {"empty lists that deny", R"({"deny": {"servers": [], "tools": {"*": [], "db": []}}})", {}},
    {"a key that looks like a pattern",
     R"({"allow": {"servers": ["*"]}, "deny": {"tools": {"db-*": ["x"]}}})",
     {"rules.json:2:50: warning: agent \"frontend\": the key \"db-*\" in deny.tools names the one "
      "server that is called so, since keys are no patterns; write \"*\" for all servers, or each "
      "server's name (/agents/frontend/deny/tools/db-*)"}},
    {"a key with a \"[\" that nothing closes, and one to escape in a pointer",
     R"({"allow": {"servers": ["*"], "tools": {"x[": ["t"], "a/b~": []}}})",
     {"rules.json:2:61: warning: agent \"frontend\": allow.tools has an empty list for the server "
      "\"a/b~\", which counts as no list and narrows nothing; to allow none, deny \"*\" "
      "(/agents/frontend/allow/tools/a~1b~0)"}},
    {"servers allowed and denied",
     R"({"allow": {"servers": ["a", "web-1", "db-*", "x?", "c"]}, "deny": {"servers": ["a", "web-*", "db-*", "x"]}})",
     {"rules.json:2:24: warning: agent \"frontend\": the allow.servers entry \"a\" can never "
      "match, "
      "since the deny.servers entry \"a\" covers it; remove one of the two "
      "(/agents/frontend/allow/servers/0)",
      "rules.json:2:29: warning: agent \"frontend\": the allow.servers entry \"web-1\" can never "
      "match, since the deny.servers entry \"web-*\" covers it; remove one of the two "
      "(/agents/frontend/allow/servers/1)",
      "rules.json:2:38: warning: agent \"frontend\": the allow.servers entry \"db-*\" can never "
      "match, since the deny.servers entry \"db-*\" covers it; remove one of the two "
      "(/agents/frontend/allow/servers/2)"}},
    {"tools allowed and denied",
     R"({"allow": {"servers": ["*"], "tools": {"db": ["get", "put_x"]}}, "deny": {"tools": {"db": ["put_*"], "*": ["get"]}}})",
     {"rules.json:2:47: warning: agent \"frontend\": the allow.tools entry \"get\" of the server "
      "\"db\" can never match, since the deny.tools entry \"get\" of the server \"*\" covers it; "
      "remove one of the two (/agents/frontend/allow/tools/db/0)",
      "rules.json:2:54: warning: agent \"frontend\": the allow.tools entry \"put_x\" of the server "
      "\"db\" can never match, since the deny.tools entry \"put_*\" of the server \"db\" covers "
      "it; "
      "remove one of the two (/agents/frontend/allow/tools/db/1)"}},
    {"a tool that only the list of all servers denies",
     R"({"allow": {"servers": ["*"], "tools": {"db": ["get"]}}, "deny": {"tools": {"db": ["put"], "*": ["get"]}}})",
     {"rules.json:2:47: warning: agent \"frontend\": the allow.tools entry \"get\" of the server "
      "\"db\" can never match, since the deny.tools entry \"get\" of the server \"*\" covers it; "
      "remove one of the two (/agents/frontend/allow/tools/db/0)"}},
    {"what is allowed for all and denied for all",
     R"({"allow": {"servers": ["*"], "prompts": {"*": ["a", "b"]}}, "deny": {"prompts": {"*": ["a"], "db": ["b"]}}})",
     {"rules.json:2:48: warning: agent \"frontend\": the allow.prompts entry \"a\" of the server "
      "\"*\" can never match, since the deny.prompts entry \"a\" of the server \"*\" covers it; "
      "remove one of the two (/agents/frontend/allow/prompts/*/0)"}},
    {"rules for a server that is not allowed",
     R"({"allow": {"servers": ["files"], "tools": {"db": ["x"], "*": ["z"]}}, "deny": {"prompts": {"db": ["y"]}}})",
     {"rules.json:2:44: warning: agent \"frontend\": the rules for the server \"db\" in "
      "allow.tools "
      "can never match, since allow.servers does not let the agent use that server "
      "(/agents/frontend/allow/tools/db)",
      "rules.json:2:92: warning: agent \"frontend\": the rules for the server \"db\" in "
      "deny.prompts "
      "can never match, since allow.servers does not let the agent use that server "
      "(/agents/frontend/deny/prompts/db)"}},
    {"rules for a server that is denied",
     R"({"allow": {"servers": ["*"], "tools": {"db": ["x"]}}, "deny": {"servers": ["d?"]}})",
     {"rules.json:2:40: warning: agent \"frontend\": the rules for the server \"db\" in "
      "allow.tools "
      "can never match, since the deny.servers entry \"d?\" denies that server "
      "(/agents/frontend/allow/tools/db)"}},
};

TEST(LintTest, WarnsOfRulesThatCannotBeMeant) {
  for (const Case& c : kRuleCases) EXPECT_EQ(Warnings(c, std::nullopt), c.warnings) << c.what;
}

// Whether a deny covers an allow pattern, in full.
struct CoverCase {
  const char* allow;
  const char* deny;
  bool covered;
};

const CoverCase kCoverCases[] = {
    {"get", "get", true},
    {"get", "*", true},
    {"get", "g?t", true},
    {"get", "[g]et", true},
    {"get", "put", false},
    {"get_*", "get_*", true},
    {"get_*", "*", true},
    {"get_*", "get_x", false},
    {"get_*", "get_x*", false},
    {"get_x*", "get_*", true},
    {"*_x", "*x", true},
    {"*x", "*_x", false},
    {"a*b*c", "a*c", true},
    {"a*c", "a*b*c", false},
    {"g?t", "g*", true},
    {"g?t", "g*t", true},
    {"g?t", "g?t", true},
    {"g*t", "g?t", false},
    // True, but not proved: a set, or a "?", on the wrong side.
    {"[ab]c", "*c", false},
    {"[ab]c", "*", true},
    {"a?c", "?*", false},
    // Not true, though the deny matches the pattern's text.
    {"[ab]x", "*b]x", false},
    {"g*", "g?", false},
    {"g*", "g[*]", false},
};

TEST(LintTest, CallsARuleDeadOnlyWhereThatIsSure) {
  for (const CoverCase& c : kCoverCases) {
    const std::string rules =
        absl::StrCat(R"({"agents": {"a": {"allow": {"servers": ["*"], "tools": {"s": [")", c.allow,
                     R"("]}}, "deny": {"tools": {"s": [")", c.deny, R"("]}}}}})");
    const std::vector<std::string> warnings = Formatted(LoadTexts(rules).issues);
    EXPECT_EQ(warnings.size(), c.covered ? 1u : 0u) << c.allow << " under " << c.deny;
  }
}

// Each entry of the allow list would be compared with each glob of the deny list, or with each
// pattern behind one that proves nothing.
TEST(LintTest, StopsLookingForCoversWhereListsAreLong) {
  constexpr int kEntries = 2000;
  struct {
    const char* allow;   // before a number
    const char* behind;  // the number
    const char* deny;
    const char* deny_behind;
    const char* covers;
  } const cases[] = {
      {"name_", "", "*x", "*", R"("same_0", "same_1")"},
      {"name_", "*", "x", "*", R"("?*", "same_*")"},
  };
  for (const auto& c : cases) {
    std::string allow = absl::StrCat("\"same_0", c.behind, "\"");
    std::string deny = c.covers;
    for (int i = 0; i < kEntries; ++i) {
      absl::StrAppend(&allow, ", \"", c.allow, i, c.behind, "\"");
      absl::StrAppend(&deny, ", \"", c.deny, i, c.deny_behind, "\"");
    }
    absl::StrAppend(&allow, ", \"same_1", c.behind, "\"");
    const std::string rules =
        absl::StrCat(R"({"agents": {"a": {"allow": {"servers": ["*"], "tools": {"s": [)", allow,
                     R"(]}}, "deny": {"tools": {"s": [)", deny, R"(]}}}}})");
    EXPECT_THAT(Formatted(LoadTexts(rules).issues), ElementsAre(HasSubstr("same_0"))) << c.deny;
  }
}

// An entry that matches the pattern's text and proves nothing hides none that does.
TEST(LintTest, LooksForACoverBehindWhatProvesNothing) {
  struct {
    const char* allow;
    const char* deny;
    const char* cover;  // empty: none
  } const cases[] = {
      {"get_*", R"("get_?", "g*")", "g*"},
      {"get_*", R"("get_[*]", "*_?", "get_*")", "get_*"},
      {"get_*", R"("get_?", "get_[*]", "*")", "*"},
      {"[ab]c", R"("*c", "*]c", "*")", "*"},
      {"get_*", R"("get_?", "put_*")", ""},
      // So many that the list has an index.
      {"g*", R"("g?", "a*", "b*", "c*", "d*", "e*", "f*", "h*", "i*", "j*", "g*")", "g*"},
      {"*g", R"("?g", "*a", "*b", "*c", "*d", "*e", "*f", "*h", "*i", "*j", "*g")", "*g"},
      {"g*x", R"("g?x", "a*", "b*", "c*", "d*", "e*", "f*", "h*", "i*", "j*", "g*")", "g*"},
  };
  for (const auto& c : cases) {
    const std::string rules =
        absl::StrCat(R"({"agents": {"a": {"allow": {"servers": ["*"], "tools": {"s": [")", c.allow,
                     R"("]}}, "deny": {"tools": {"s": [)", c.deny, R"(]}}}}})");
    const std::vector<std::string> warnings = Formatted(LoadTexts(rules).issues);
    if (*c.cover == '\0') {
      EXPECT_THAT(warnings, IsEmpty()) << c.allow << " under " << c.deny;
    } else {
      const std::string words = absl::StrCat("the deny.tools entry \"", c.cover, "\" of");
      EXPECT_THAT(warnings, ElementsAre(HasSubstr(words))) << c.allow << " under " << c.deny;
    }
  }
}

TEST(LintTest, WarnsLoudlyWhereUnknownAgentsMayDoEverything) {
  const std::vector<std::string> warnings =
      Formatted(LoadTexts(R"({"defaults": {"deny_on_missing_agent": false}})").issues);
  EXPECT_THAT(
      warnings,
      ElementsAre("rules.json:1:40: warning: UNKNOWN_AGENT_ALLOWED: every agent that has no "
                  "rules may do everything, since deny_on_missing_agent is false and there "
                  "is no agent \"default\"; set it to true, or write the rules of "
                  "\"default\" (/defaults/deny_on_missing_agent)"));
  for (const absl::string_view agents :
       {R"("default": {})", R"("default": {}, "a": {})", R"("a": {}, "default": {})"}) {
    EXPECT_THAT(LoadTexts(absl::StrCat(R"({"agents": {)", agents,
                                       R"(}, "defaults": {"deny_on_missing_agent": false}})"))
                    .issues,
                IsEmpty())
        << agents;
  }
  EXPECT_THAT(LoadTexts(R"({"defaults": {"deny_on_missing_agent": true}})").issues, IsEmpty());
}

// Agents that are written alike each have their warning.
TEST(LintTest, WarnsOfEachAgent) {
  const LoadedPolicy loaded = LoadTexts(
      R"({"agents": {"a": {"allow": {"servers": []}}, "b": {"allow": {"servers": []}}}})");
  ASSERT_EQ(loaded.issues.size(), 2u);
  EXPECT_EQ(loaded.issues[0].pointer, "/agents/a/allow/servers");
  EXPECT_EQ(loaded.issues[1].pointer, "/agents/b/allow/servers");
}

}  // namespace
}  // namespace ostiary::pdp
