// What does not load, and what is said about it and where.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pdp/policy/load.h"
#include "tests/pdp/policy/policy_testing.h"
#include "tests/support/limited_addresses.h"
#include "tests/support/sanitized.h"

namespace ostiary::pdp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct ErrorCase {
  const char* what;
  absl::string_view rules;
  std::vector<std::string> issues;
};

const ErrorCase kRulesCases[] = {
    {"nothing",
     "",
     {"rules.json: error: the file is empty: it must be a JSON object, at least {}"}},
    {"blanks",
     " \n\t\r\n",
     {"rules.json: error: the file is empty: it must be a JSON object, at least {}"}},
    {"not an object",
     "[]",
     {"rules.json:1:1: error: the rules file's content must be an object, not a list"}},
    {"null",
     "null",
     {"rules.json:1:1: error: the rules file's content must be an object, not null"}},
    {"null where an object belongs",
     R"({"agents": null, "defaults": null})",
     {"rules.json:1:12: error: \"agents\" must be an object, not null (/agents)",
      "rules.json:1:30: error: \"defaults\" must be an object, not null (/defaults)"}},
    {"an unknown key at the top",
     R"({"agent": {}})",
     {"rules.json:1:2: error: unknown key \"agent\" in the rules: known are \"agents\" and "
      "\"defaults\"; start a comment's key with \"_\" (/agent)"}},
    {"an unknown key of an agent",
     "{\"agents\": {\"a\": {\n \"denny\": {}}}}",
     {"rules.json:2:2: error: unknown key \"denny\" in agent \"a\": known are \"allow\", \"deny\" "
      "and \"description\"; start a comment's key with \"_\" (/agents/a/denny)"}},
    {"an unknown key of a section",
     R"({"agents": {"a": {"deny": {"tool": {"s": ["t"]}}}}})",
     {"rules.json:1:28: error: unknown key \"tool\" in \"deny\" of agent \"a\": known are "
      "\"servers\", \"tools\", \"resources\" and \"prompts\"; start a comment's key with \"_\" "
      "(/agents/a/deny/tool)"}},
    {"an unknown default",
     R"({"defaults": {"deny_on_missing_agents": true}})",
     {"rules.json:1:15: error: unknown key \"deny_on_missing_agents\" in \"defaults\": known are "
      "\"deny_on_missing_agent\"; start a comment's key with \"_\" "
      "(/defaults/deny_on_missing_agents)"}},
    {"\"$schema\" below the top",
     R"({"agents": {"a": {"$schema": "x"}}})",
     {"rules.json:1:19: error: unknown key \"$schema\" in agent \"a\": known are \"allow\", "
      "\"deny\" and \"description\"; start a comment's key with \"_\" (/agents/a/$schema)"}},
    {"a default that is no boolean",
     R"({"defaults": {"deny_on_missing_agent": "false"}})",
     {"rules.json:1:40: error: \"deny_on_missing_agent\" must be a boolean, not a string "
      "(/defaults/deny_on_missing_agent)"}},
    {"ids of other characters",
     R"({"agents": {"": {}, "a b": {}, "é": {}, "A-z_0.9": {}}})",
     {"rules.json:1:13: error: bad agent id \"\": an id has one or more of the characters A-Z a-z "
      "0-9 _ . - (/agents/)",
      "rules.json:1:21: error: bad agent id \"a b\": an id has one or more of the characters A-Z "
      "a-z 0-9 _ . - (/agents/a b)",
      "rules.json:1:32: error: bad agent id \"é\": an id has one or more of the characters A-Z a-z "
      "0-9 _ . - (/agents/é)"}},
    {"values of the wrong type, all of them",
     R"({"agents": {"a": [], "_b": 1, "c": {
  "description": 7,
  "allow": null,
  "deny": {"servers": "s", "tools": ["t"], "resources": {"s": null, "_s": 5}, "prompts": {"s": [1, "p", null]}}}}})",
     {"rules.json:1:18: error: agent \"a\" must be an object, not a list (/agents/a)",
      "rules.json:1:28: error: agent \"_b\" must be an object, not a number (/agents/_b)",
      "rules.json:2:18: error: \"description\" must be a string, not a number "
      "(/agents/c/description)",
      "rules.json:3:12: error: \"allow\" must be an object, not null (/agents/c/allow)",
      "rules.json:4:23: error: \"servers\" must be a list, not a string (/agents/c/deny/servers)",
      "rules.json:4:37: error: \"tools\" must be an object, not a list (/agents/c/deny/tools)",
      "rules.json:4:63: error: the value of \"s\" in \"resources\" must be a list, not null "
      "(/agents/c/deny/resources/s)",
      "rules.json:4:75: error: the value of \"_s\" in \"resources\" must be a list, not a number "
      "(/agents/c/deny/resources/_s)",
      "rules.json:4:97: error: an entry of a list must be a string, not a number "
      "(/agents/c/deny/prompts/s/0)",
      "rules.json:4:105: error: an entry of a list must be a string, not null "
      "(/agents/c/deny/prompts/s/2)"}},
    {"duplicate keys at every level",
     R"({"agents": {"a": {"deny": {"tools": {"s": ["t"], "\u0073": []}, "tools": {}}, "deny": {}},
 "a": {"oops": 1}}, "agents": {"x": 1}, "_c": [{"k": 1, "k": 2}]})",
     {"rules.json:1:50: error: duplicate key \"s\": it stands in this object before; keep one of "
      "the two (/agents/a/deny/tools/s)",
      "rules.json:1:65: error: duplicate key \"tools\": it stands in this object before; keep one "
      "of the two (/agents/a/deny/tools)",
      "rules.json:1:79: error: duplicate key \"deny\": it stands in this object before; keep one "
      "of the two (/agents/a/deny)",
      "rules.json:2:2: error: duplicate key \"a\": it stands in this object before; keep one of "
      "the two (/agents/a)",
      "rules.json:2:21: error: duplicate key \"agents\": it stands in this object before; keep one "
      "of the two (/agents)",
      "rules.json:2:57: error: duplicate key \"k\": it stands in this object before; keep one of "
      "the two (/_c/0/k)"}},
    {"agents twice, with nothing else wrong",
     R"({"agents": {"a": {}, "an-agent-with-a-long-id": {}, "\u0061": {"allow": {"servers": []}},
 "an-agent-with-a-long-id": {"allow": {"servers": []}}}})",
     {"rules.json:1:53: error: duplicate key \"a\": it stands in this object before; keep one of "
      "the two (/agents/a)",
      "rules.json:2:2: error: duplicate key \"an-agent-with-a-long-id\": it stands in this object "
      "before; keep one of the two (/agents/an-agent-with-a-long-id)"}},
    {"an agent twice, with a warning of the first",
     R"({"agents": {"a": {"allow": {"servers": []}}, "a": {}}})",
     {"rules.json:1:40: warning: agent \"a\": allow.servers is an empty list, so the agent may use "
      "no server; list servers, or leave the agent out (/agents/a/allow/servers)",
      "rules.json:1:46: error: duplicate key \"a\": it stands in this object before; keep one of "
      "the two (/agents/a)"}},
    {"a comment and an agent of one name",
     R"({"agents": {"_a": "", "_a": {}, "_b": {}, "_b": "", "_c": "", "_c": ""}})",
     {"rules.json:1:23: error: duplicate key \"_a\": it stands in this object before; keep one of "
      "the two (/agents/_a)",
      "rules.json:1:43: error: duplicate key \"_b\": it stands in this object before; keep one of "
      "the two (/agents/_b)",
      "rules.json:1:63: error: duplicate key \"_c\": it stands in this object before; keep one of "
      "the two (/agents/_c)"}},
    {"a bad pattern, wherever it stands",
     R"({"agents": {"a": {"allow": {"servers": ["[b-a]"]}, "deny": {"tools": {"s": ["ok", "x[9-0]*"]}}}}})",
     {"rules.json:1:41: error: bad pattern \"[b-a]\": the range \"b-a\" runs backwards, so nothing "
      "is in it; write its smaller end first (/agents/a/allow/servers/0)",
      "rules.json:1:83: error: bad pattern \"x[9-0]*\": the range \"9-0\" runs backwards, so "
      "nothing is in it; write its smaller end first (/agents/a/deny/tools/s/1)"}},
    {"half of a surrogate pair, in an entry, a key, a comment",
     R"({"agents": {"a": {"deny": {"tools": {"s\ud800": ["t\udc00"]}}}}, "_c": "\ud800"})",
     {"rules.json:1:38: error: half of a surrogate pair (\\uD800 to \\uDFFF) in \"s\xef\xbf\xbd\": "
      "it is no character; write both halves, or the character "
      "(/agents/a/deny/tools/s\xef\xbf\xbd)",
      "rules.json:1:50: error: half of a surrogate pair (\\uD800 to \\uDFFF) in \"t\xef\xbf\xbd\": "
      "it is no character; write both halves, or the character "
      "(/agents/a/deny/tools/s\xef\xbf\xbd/0)",
      "rules.json:1:72: error: half of a surrogate pair (\\uD800 to \\uDFFF) in \"\xef\xbf\xbd\": "
      "it is no character; write both halves, or the character (/_c)"}},
};

TEST(LoadErrorTest, SaysWhatIsWrongWithTheRulesAndWhere) {
  for (const ErrorCase& c : kRulesCases) {
    const LoadedPolicy loaded = LoadTexts(c.rules);
    EXPECT_EQ(loaded.snapshot, nullptr) << c.what;
    EXPECT_EQ(Formatted(loaded.issues), c.issues) << c.what;
  }
}

// The reader of JSON words these; here only that they are errors with a place.
struct SyntaxCase {
  const char* what;
  absl::string_view rules;
  uint32_t line;
  uint32_t column;
};

const SyntaxCase kSyntaxCases[] = {
    {"cut off", "{\"agents\": {", 1, 13},
    {"trailing bytes", "{}\n{}", 2, 1},
    {"a trailing comma", "{\"agents\": {},\n}", 2, 1},
    {"a comment", "{ // all\n}", 1, 3},
    {"not UTF-8", "{\"_\": \"\xff\"}", 1, 8},
    {"a byte order mark", "\xef\xbb\xbf{}", 1, 1},
};

TEST(LoadErrorTest, PointsAtWhatIsNotJson) {
  for (const SyntaxCase& c : kSyntaxCases) {
    const LoadedPolicy loaded = LoadTexts(c.rules);
    EXPECT_EQ(loaded.snapshot, nullptr) << c.what;
    ASSERT_EQ(loaded.issues.size(), 1u) << c.what;
    const Issue& issue = loaded.issues[0];
    EXPECT_EQ(issue.severity, Severity::kError) << c.what;
    EXPECT_TRUE(absl::StartsWith(issue.message, "not valid JSON: ")) << FormatIssue(issue);
    EXPECT_EQ(issue.line, c.line) << c.what << ": " << FormatIssue(issue);
    EXPECT_EQ(issue.column, c.column) << c.what << ": " << FormatIssue(issue);
  }
}

const absl::string_view kGoodRules[] = {
    "{}",
    " { } \n",
    R"({"agents": {}, "defaults": {}})",
    R"({"$schema": "https://x/y", "_note": {"any": [1, null]}, "agents": {"_why": "because"}})",
    R"({"agents": {"a": {"description": "d", "_x": [], "allow": {"_y": 1, "servers": ["s"],
        "tools": {"_note": "for s", "s": ["t"]}}}}, "defaults": {"_z": null}})",
    R"({"agents": {"a": {}, "b": {"deny": {"tools": {"s": []}}}}})",
    R"({"agents": {"a": {"deny": {"tools": {"s": ["nul\u0000", ""]}, "servers": ["x"]}}}})",
};

TEST(LoadErrorTest, LoadsWhatTheLanguageAllows) {
  for (const absl::string_view rules : kGoodRules) {
    const LoadedPolicy loaded = LoadTexts(rules);
    EXPECT_NE(loaded.snapshot, nullptr) << rules;
    EXPECT_FALSE(HasErrors(loaded.issues)) << rules;
  }
}

// A comment's key is data where a name could be one: such a deny must hold.
TEST(LoadErrorTest, TakesRulesForNamesWithAnUnderscoreAsRules) {
  const auto snapshot = MustLoad(R"({"agents": {"_bot": {"allow": {"servers": ["_internal"]},
      "deny": {"tools": {"_internal": ["wipe"], "_note": "never wipe"}}}}})");
  EXPECT_EQ(snapshot->Decide({"_bot", "_internal", AccessKind::kTool, "wipe"}).reason,
            Reason::kExplicitDeny);
}

TEST(LoadErrorTest, ReadsTheRestOfAFileWithErrors) {
  const LoadedPolicy loaded =
      LoadTexts(R"({"agents": {"a": {"alow": {}}, "b": {"deny": 1}}, "x": 1})",
                R"({"mcpServers": {"s": {}}})");
  std::vector<std::string> places;
  for (const Issue& issue : loaded.issues) places.push_back(issue.file + issue.pointer);
  EXPECT_THAT(places, ElementsAre("rules.json/agents/a/alow", "rules.json/agents/b/deny",
                                  "rules.json/x", "mcp.json/mcpServers/s"));
}

// Equal agents are read once where they are good; where not, each is named.
TEST(LoadErrorTest, NamesEachOfTheAgentsThatShareAnError) {
  const LoadedPolicy loaded =
      LoadTexts(R"({"agents": {"a": {"deny": 1}, "b": {"deny": 1}, "c": {"deny": 1}}})");
  EXPECT_THAT(Formatted(loaded.issues),
              ElementsAre("rules.json:1:27: error: \"deny\" must be an object, not a number "
                          "(/agents/a/deny)",
                          "rules.json:1:45: error: \"deny\" must be an object, not a number "
                          "(/agents/b/deny)",
                          "rules.json:1:63: error: \"deny\" must be an object, not a number "
                          "(/agents/c/deny)"));
}

const ErrorCase kCatalogCases[] = {
    {"empty", "", {"mcp.json: error: the file is empty: it must be a JSON object, at least {}"}},
    {"not an object",
     "[]",
     {"mcp.json:1:1: error: the server catalog's content must be an object, not a list"}},
    {"null for the servers",
     R"({"mcpServers": null})",
     {"mcp.json:1:16: error: \"mcpServers\" must be an object, not null (/mcpServers)"}},
    {"neither command nor url",
     R"({"mcpServers": {"s": {"type": "stdio"}}})",
     {"mcp.json:1:17: error: server \"s\" has neither \"command\" nor \"url\": it needs one, to "
      "say "
      "how it is reached (/mcpServers/s)"}},
    {"both",
     R"({"mcpServers": {"s": {"command": "c", "url": "http://h"}}})",
     {"mcp.json:1:17: error: server \"s\" has both \"command\" and \"url\": it needs one, to say "
      "how "
      "it is reached (/mcpServers/s)"}},
    {"another scheme",
     R"({"mcpServers": {"s": {"url": "ws://token@host"}}})",
     {"mcp.json:1:30: error: \"url\" must start with http:// or https:// (/mcpServers/s/url)"}},
    {"values of the wrong type",
     R"({"mcpServers": {"a": 1, "b": {"command": ["x"], "args": "y", "env": {"K": 1}},
 "c": {"url": "https://h", "headers": ["h"], "description": null},
 "d": {"command": "x", "args": ["y", null]}}})",
     {"mcp.json:1:22: error: server \"a\" must be an object, not a number (/mcpServers/a)",
      "mcp.json:1:42: error: \"command\" must be a string, not a list (/mcpServers/b/command)",
      "mcp.json:1:57: error: \"args\" must be a list, not a string (/mcpServers/b/args)",
      "mcp.json:1:75: error: a value in \"env\" must be a string, not a number "
      "(/mcpServers/b/env/K)",
      "mcp.json:2:39: error: \"headers\" must be an object, not a list (/mcpServers/c/headers)",
      "mcp.json:2:61: error: \"description\" must be a string, not null "
      "(/mcpServers/c/description)",
      "mcp.json:3:38: error: a value in \"args\" must be a string, not null "
      "(/mcpServers/d/args/1)"}},
    {"a duplicate server",
     "{\"mcpServers\": {\"s\": {\"command\": \"c\"},\n\"s\": {\"command\": \"d\"}}}",
     {"mcp.json:2:1: error: duplicate key \"s\": it stands in this object before; keep one of the "
      "two (/mcpServers/s)"}},
};

TEST(LoadErrorTest, SaysWhatIsWrongWithTheCatalogAndWhere) {
  for (const ErrorCase& c : kCatalogCases) {
    const LoadedPolicy loaded = LoadTexts("{}", c.rules);
    EXPECT_EQ(loaded.snapshot, nullptr) << c.what;
    EXPECT_EQ(Formatted(loaded.issues), c.issues) << c.what;
  }
}

TEST(LoadErrorTest, IgnoresWhatClientsPutInTheCatalog) {
  const LoadedPolicy loaded = LoadTexts("{}", R"({"inputs": [], "mcpServers": {
      "web": {"type": "http", "url": "HTTPS://${HOST}/mcp", "headers": {"A": "Bearer ${T}"}, "x": 1},
      "db": {"command": "${BIN}", "args": [], "env": {"K": "${V}"}, "disabled": true,
             "description": "the d\u00e9b"}}})");
  EXPECT_THAT(Formatted(loaded.issues), IsEmpty());
  ASSERT_NE(loaded.snapshot, nullptr);
  EXPECT_TRUE(loaded.snapshot->has_catalog());
  const std::vector<CatalogServer>& catalog = loaded.snapshot->catalog();
  ASSERT_EQ(catalog.size(), 2u);
  EXPECT_EQ(catalog[0].name, "db");
  EXPECT_EQ(catalog[0].description, "the déb");
  EXPECT_EQ(catalog[0].transport, Transport::kStdio);
  EXPECT_EQ(catalog[1].name, "web");
  EXPECT_EQ(catalog[1].transport, Transport::kHttp);
}

// A file of the least size that breaks a limit, and one that just keeps it.
TEST(LoadErrorTest, HoldsTheLimits) {
  PolicyLimits limits;
  limits.max_file_bytes = 20;
  EXPECT_THAT(LoadTexts(R"({"_": "1234567890"})", {}, limits).issues, IsEmpty());
  EXPECT_THAT(
      Formatted(
          LoadTexts(R"({"_": "1234567890123"})", "{\"_\": \"1234567890123\"}", limits).issues),
      ElementsAre("rules.json: error: the file has 22 bytes, more than the limit of 20",
                  "mcp.json: error: the file has 22 bytes, more than the limit of 20"));

  limits = {};
  limits.max_depth = 3;
  EXPECT_THAT(LoadTexts(R"({"_": [[1]]})", {}, limits).issues, IsEmpty());
  const std::vector<Issue> deep = LoadTexts(R"({"_": [[[1]]]})", {}, limits).issues;
  ASSERT_EQ(deep.size(), 1u);
  EXPECT_EQ(deep[0].column, 9u) << FormatIssue(deep[0]);

  limits = {};
  limits.max_pattern_bytes = 4;
  EXPECT_THAT(
      Formatted(LoadTexts(R"({"agents": {"a": {"deny": {"tools": {"s": ["a*cd", "a*cde"]}}}}})", {},
                          limits)
                    .issues)
          .front(),
      "rules.json:1:52: error: the entry \"a*cde\" has 5 bytes, more than the limit of 4 "
      "(/agents/a/deny/tools/s/1)");
}

TEST(LoadErrorTest, KeepsTheFirstIssuesAndCountsTheRest) {
  PolicyLimits limits;
  limits.max_issues = 2;
  const absl::string_view bad =
      R"({"a": 1, "b": 1, "c": 1, "agents": {"x": {"allow": {"servers": []}}}})";
  std::vector<Issue> issues = LoadTexts(bad, {}, limits).issues;
  ASSERT_EQ(issues.size(), 3u);
  EXPECT_EQ(issues[0].pointer, "/a");
  EXPECT_EQ(issues[1].pointer, "/b");
  EXPECT_EQ(FormatIssue(issues[2]),
            "error: 1 more error and 1 more warning not shown; the first 2 are above: mend those "
            "and load again");

  // No number of warnings hides an error.
  issues =
      LoadTexts(
          R"({"agents": {"x": {"allow": {"servers": [], "tools": {"s": [], "t": []}}}}, "z": 1})",
          {}, limits)
          .issues;
  ASSERT_EQ(issues.size(), 3u);
  EXPECT_EQ(issues[0].severity, Severity::kWarning);
  EXPECT_EQ(issues[1].pointer, "/z");
  EXPECT_EQ(FormatIssue(issues[2]),
            "warning: 2 more warnings not shown; the first 2 are above: mend those and load again");
}

// Each issue names its place, with all keys on the way to it.
TEST(LoadErrorTest, LongKeysDoNotMakeManyIssuesLarge) {
  const std::string agent(100'000, 'a');
  std::string lists;
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&lists, i == 0 ? "" : ", ", "\"s", i, "\": []");
  const std::string rules =
      absl::StrCat(R"({"agents": {")", agent, R"(": {"allow": {"tools": {)", lists, "}}}}}");
  const LoadedPolicy loaded = LoadTexts(rules);
  EXPECT_NE(loaded.snapshot, nullptr);
  size_t bytes = 0;
  for (const Issue& issue : loaded.issues) bytes += issue.pointer.size() + issue.message.size();
  EXPECT_LT(bytes, size_t{2} << 20);
  ASSERT_EQ(loaded.issues.size(), 12u);
  EXPECT_EQ(loaded.issues[0].pointer, absl::StrCat("/agents/", agent, "/allow/tools/s0"));
  EXPECT_EQ(
      FormatIssue(loaded.issues[11]),
      "warning: 989 more warnings not shown; the first 11 are above: mend those and load again");
}

// The one that passes the limit is kept, and each that is not is counted.
TEST(LoadErrorTest, LimitsTheBytesOfErrorsAndOfWarnings) {
  PolicyLimits limits;
  limits.max_issue_bytes = 1;
  const std::vector<Issue> issues =
      LoadTexts(
          R"({"agents": {"x": {"allow": {"servers": [], "tools": {"s": []}}}}, "y": 1, "z": 1})",
          {}, limits)
          .issues;
  ASSERT_EQ(issues.size(), 3u);
  EXPECT_EQ(issues[0].pointer, "/agents/x/allow/servers");
  EXPECT_EQ(issues[1].pointer, "/y");
  EXPECT_EQ(FormatIssue(issues[2]),
            "error: 1 more error and 1 more warning not shown; the first 2 are above: mend those "
            "and load again");
}

TEST(LoadErrorTest, SaysThatMemoryDoesNotSuffice) {
  const std::string rules = RulesThatTakeMemory();
  {
    const LimitedAddresses limited(size_t{16} << 20);
    const LoadedPolicy loaded = LoadTexts(rules);
    EXPECT_EQ(loaded.snapshot, nullptr);
    EXPECT_TRUE(loaded.out_of_memory);
    EXPECT_THAT(
        Formatted(loaded.issues),
        ElementsAre("rules.json: error: the policy needs more memory than this process may have, "
                    "or than the 8 GiB of any policy: raise the process's limits, or shorten the "
                    "rules"));
  }
  const LoadedPolicy loaded = LoadTexts(rules);
  EXPECT_NE(loaded.snapshot, nullptr);
  EXPECT_FALSE(loaded.out_of_memory);
}

// It names the file that it would help to shorten.
TEST(LoadErrorTest, SaysThatMemoryDoesNotSufficeForTheCatalog) {
  if (kSanitized) GTEST_SKIP() << "what a catalog takes comes of operator new";
  std::string catalog = R"({"mcpServers": {)";
  for (int i = 0; i < 100'000; ++i) {
    absl::StrAppend(&catalog, i == 0 ? "" : ",", "\"a-server-with-a-long-name-", i,
                    R"(": {"command": "c"})");
  }
  catalog += "}}";
  const std::vector<std::string> expected = {
      "mcp.json: error: the policy needs more memory than this process may have, or than the 8 GiB "
      "of any policy: raise the process's limits, or shorten the catalog"};
  {
    const LimitedAddresses limited(size_t{4} << 20);
    const LoadedPolicy loaded = LoadTexts("{}", catalog);
    EXPECT_EQ(loaded.snapshot, nullptr);
    EXPECT_TRUE(loaded.out_of_memory);
    EXPECT_EQ(Formatted(loaded.issues), expected);
    EXPECT_EQ(Formatted(CheckCatalog({"mcp.json", catalog})), expected);
  }
  EXPECT_NE(LoadTexts("{}", catalog).snapshot, nullptr);
}

TEST(LoadErrorTest, QuotesWhatCouldForgeALogLine) {
  const LoadedPolicy loaded = LoadTexts(R"({"x\ny\u001b": 1})");
  ASSERT_EQ(loaded.issues.size(), 1u);
  EXPECT_THAT(loaded.issues[0].message, ::testing::StartsWith("unknown key \"x\\ny\\u001b\" in"));
}

}  // namespace
}  // namespace ostiary::pdp
