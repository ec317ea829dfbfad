// The evaluation order, step by step, each decision with the rule that made it.
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "pdp/policy/quote.h"
#include "pdp/policy/snapshot.h"
#include "tests/pdp/policy/policy_testing.h"

namespace ostiary::pdp {
namespace {

// Every step has something to decide here.
constexpr absl::string_view kRules = R"({
  "agents": {
    "worker": {
      "allow": {
        "servers": ["db", "files", "web-*", "mail"],
        "tools": {
          "db": ["query", "list_*", "drop_table"],
          "*": ["search"],
          "files": []
        },
        "resources": {"mail": ["mail://inbox/*"]}
      },
      "deny": {
        "servers": ["web-secret", "web-x*"],
        "tools": {
          "db": ["drop_*", "drop_table"],
          "*": ["admin", "list_se?rets"]
        },
        "prompts": {"mail": ["[!a-z]*"]}
      }
    },
    "guest": {"allow": {"servers": ["files", "*"]}, "deny": {"tools": {"files": ["rm*"]}}},
    "nobody": {}
  }
})";

struct Case {
  const char* what;
  AccessRequest request;
  const char* decided;
};

constexpr AccessKind kServer = AccessKind::kServer;
constexpr AccessKind kTool = AccessKind::kTool;
constexpr AccessKind kResource = AccessKind::kResource;
constexpr AccessKind kPrompt = AccessKind::kPrompt;

const Case kCases[] = {
    {"an agent without an entry", {"ghost", "db", kTool, "query"}, "DENY UNKNOWN_AGENT"},
    {"an agent whose entry grants nothing",
     {"nobody", "db", kServer, ""},
     "DENY SERVER_NOT_ALLOWED"},
    {"agent ids are not patterns", {"*", "db", kServer, ""}, "DENY UNKNOWN_AGENT"},

    {"a server by name",
     {"worker", "db", kServer, ""},
     "ALLOW SERVER_ALLOWED /agents/worker/allow/servers/0 5:21 db"},
    {"a server by pattern",
     {"worker", "web-a", kServer, ""},
     "ALLOW SERVER_ALLOWED /agents/worker/allow/servers/2 5:36 web-*"},
    {"a server denied by name",
     {"worker", "web-secret", kTool, "search"},
     "DENY SERVER_DENIED /agents/worker/deny/servers/0 14:21 web-secret"},
    {"a server denied by pattern",
     {"worker", "web-xy", kServer, ""},
     "DENY SERVER_DENIED /agents/worker/deny/servers/1 14:35 web-x*"},
    {"a server that no entry names",
     {"worker", "other", kTool, "search"},
     "DENY SERVER_NOT_ALLOWED"},
    {"case matters", {"worker", "DB", kServer, ""}, "DENY SERVER_NOT_ALLOWED"},
    {"by name before by pattern, whatever the order",
     {"guest", "*", kServer, ""},
     "ALLOW SERVER_ALLOWED /agents/guest/allow/servers/1 22:46 *"},

    {"denied by name before by the pattern above it",
     {"worker", "db", kTool, "drop_table"},
     "DENY EXPLICIT_DENY /agents/worker/deny/tools/db/1 16:28 drop_table"},
    {"denied by pattern",
     {"worker", "db", kTool, "drop_"},
     "DENY PATTERN_DENY /agents/worker/deny/tools/db/0 16:18 drop_*"},
    {"denied for every server",
     {"worker", "files", kTool, "admin"},
     "DENY EXPLICIT_DENY /agents/worker/deny/tools/*/0 17:17 admin"},
    {"denied for every server, besides the server's own list",
     {"worker", "db", kTool, "admin"},
     "DENY EXPLICIT_DENY /agents/worker/deny/tools/*/0 17:17 admin"},
    {"denied by a pattern for every server",
     {"worker", "db", kTool, "list_secrets"},
     "DENY PATTERN_DENY /agents/worker/deny/tools/*/1 17:26 list_se?rets"},
    {"a deny of tools says nothing about prompts",
     {"worker", "mail", kPrompt, "admin"},
     "DENY PROMPT_NOT_ALLOWED"},
    {"a denied prompt",
     {"worker", "mail", kPrompt, "Admin"},
     "DENY PATTERN_DENY /agents/worker/deny/prompts/mail/0 19:30 [!a-z]*"},

    {"allowed by name",
     {"worker", "db", kTool, "query"},
     "ALLOW EXPLICIT_ALLOW /agents/worker/allow/tools/db/0 7:18 query"},
    {"allowed by pattern",
     {"worker", "db", kTool, "list_x"},
     "ALLOW PATTERN_ALLOW /agents/worker/allow/tools/db/1 7:27 list_*"},
    {"the server's own list hides that of \"*\"",
     {"worker", "db", kTool, "search"},
     "DENY TOOL_NOT_ALLOWED"},
    {"an empty list hides nothing",
     {"worker", "files", kTool, "search"},
     "ALLOW EXPLICIT_ALLOW /agents/worker/allow/tools/*/0 8:17 search"},
    {"the list of \"*\" narrows every server",
     {"worker", "files", kTool, "read"},
     "DENY TOOL_NOT_ALLOWED"},
    {"an allowed resource",
     {"worker", "mail", kResource, "mail://inbox/1"},
     "ALLOW PATTERN_ALLOW /agents/worker/allow/resources/mail/0 11:32 mail://inbox/*"},
    {"a resource that no entry allows",
     {"worker", "mail", kResource, "mail://sent/1"},
     "DENY RESOURCE_NOT_ALLOWED"},
    {"a list of one kind narrows all kinds",
     {"worker", "db", kResource, "db://x"},
     "DENY RESOURCE_NOT_ALLOWED"},

    {"granted with the server",
     {"guest", "files", kTool, "read"},
     "ALLOW IMPLICIT_GRANT /agents/guest/allow/servers/0 22:37 files"},
    {"granted with a server that \"*\" allows",
     {"guest", "db", kPrompt, "p"},
     "ALLOW IMPLICIT_GRANT /agents/guest/allow/servers/1 22:46 *"},
    {"a deny list takes from the grant",
     {"guest", "files", kTool, "rm"},
     "DENY PATTERN_DENY /agents/guest/deny/tools/files/0 22:82 rm*"},
};

TEST(DecideTest, FollowsTheOrderOfTheSteps) {
  const auto snapshot = MustLoad(kRules);
  for (const Case& c : kCases) {
    EXPECT_EQ(Decided(*snapshot, c.request), c.decided) << c.what;
  }
}

TEST(DecideTest, ReadsAnUnknownKindAsADeny) {
  const auto snapshot = MustLoad(R"({"agents": {"a": {"allow": {"servers": ["*"]}}}})");
  const AccessRequest request{"a", "s", static_cast<AccessKind>(9), "x"};
  EXPECT_EQ(Decided(*snapshot, request), "DENY REASON_UNSPECIFIED");
  EXPECT_EQ(snapshot->Explain(request, snapshot->Decide(request)).message,
            "Agent \"a\" may not use the server \"s\": nothing decided it.");
  EXPECT_EQ(AccessKindName(request.kind), "KIND_UNSPECIFIED");
  EXPECT_EQ(ReasonName(static_cast<Reason>(99)), "REASON_UNSPECIFIED");
}

struct MissingAgentCase {
  const char* rules;
  const char* decided;
};

const MissingAgentCase kMissingAgentCases[] = {
    {R"({})", "DENY UNKNOWN_AGENT"},
    {R"({"agents": {"default": {"allow": {"servers": ["*"]}}}})", "DENY UNKNOWN_AGENT"},
    {R"({"defaults": {}})", "DENY UNKNOWN_AGENT"},
    {R"({"defaults": {"deny_on_missing_agent": true}})", "DENY UNKNOWN_AGENT"},
    {R"({"defaults": {"deny_on_missing_agent": false}})",
     "ALLOW UNKNOWN_AGENT_ALLOWED /defaults/deny_on_missing_agent 1:40 false"},
    {R"({"agents": {"default": {}}, "defaults": {"deny_on_missing_agent": false}})",
     "DENY SERVER_NOT_ALLOWED"},
    {R"({"agents": {"default": {"deny": {"tools": {"s": ["t"]}}, "allow": {"servers": ["s"]}}},
         "defaults": {"deny_on_missing_agent": false}})",
     "DENY EXPLICIT_DENY /agents/default/deny/tools/s/0 1:50 t"},
};

TEST(DecideTest, AsksTheDefaultAgentAboutUnknownOnes) {
  for (const MissingAgentCase& c : kMissingAgentCases) {
    const auto snapshot = MustLoad(c.rules);
    EXPECT_EQ(Decided(*snapshot, {"ghost", "s", kTool, "t"}), c.decided) << c.rules;
  }
}

// An entry with wildcards also names what is called just so.
TEST(DecideTest, TakesAnEqualNameForExact) {
  const auto snapshot = MustLoad(
      R"({"agents": {"a": {"allow": {"servers": ["s"], "tools": {"s": ["x[1]", "x[*", "x*"]}}}}})");
  EXPECT_EQ(Decided(*snapshot, {"a", "s", kTool, "x[1]"}),
            "ALLOW EXPLICIT_ALLOW /agents/a/allow/tools/s/0 1:63 x[1]");
  EXPECT_EQ(Decided(*snapshot, {"a", "s", kTool, "x1"}),
            "ALLOW PATTERN_ALLOW /agents/a/allow/tools/s/0 1:63 x[1]");
  EXPECT_EQ(Decided(*snapshot, {"a", "s", kTool, "x[2]"}),
            "ALLOW PATTERN_ALLOW /agents/a/allow/tools/s/1 1:71 x[*");
}

TEST(DecideTest, EscapesPointers) {
  const auto snapshot = MustLoad(
      R"({"agents": {"a": {"allow": {"servers": ["*"], "tools": {"s/~1": ["\u0074\n"]}}}}})");
  EXPECT_EQ(Decided(*snapshot, {"a", "s/~1", kTool, "t\n"}),
            "ALLOW EXPLICIT_ALLOW /agents/a/allow/tools/s~1~01/0 1:66 t\n");
}

// Agents that are written alike share one policy, but each rule stands where it stands.
TEST(DecideTest, FindsThePlaceOfSharedRules) {
  const auto snapshot = MustLoad(R"({"agents": {
    "a": {"allow": {"servers": ["s"], "tools": {"s": ["t", "u"]}}},
    "b": {"allow": {"servers": ["s"], "tools": {"s": ["t", "u"]}}},
    "c": {"allow": {"tools": {"s": ["t", "u"]}, "servers": ["s"]}}
  }})");
  const char* const expected[] = {"ALLOW EXPLICIT_ALLOW /agents/a/allow/tools/s/1 2:60 u",
                                  "ALLOW EXPLICIT_ALLOW /agents/b/allow/tools/s/1 3:60 u",
                                  "ALLOW EXPLICIT_ALLOW /agents/c/allow/tools/s/1 4:42 u"};
  EXPECT_EQ(Decided(*snapshot, {"a", "s", kTool, "u"}), expected[0]);
  EXPECT_EQ(Decided(*snapshot, {"b", "s", kTool, "u"}), expected[1]);
  EXPECT_EQ(Decided(*snapshot, {"c", "s", kTool, "u"}), expected[2]);
}

TEST(DecideTest, FindsServersAmongMany) {
  std::string lists;
  for (int i = 0; i < 100; ++i) {
    absl::StrAppend(&lists, i == 0 ? "" : ", ", "\"server-", i, "\": [\"tool-", i, "\"]");
  }
  const auto snapshot = MustLoad(
      absl::StrCat(R"({"agents": {"a": {"allow": {"servers": ["*"], "tools": {)", lists, "}}}}}"));
  for (int i = 0; i < 100; ++i) {
    const std::string server = absl::StrCat("server-", i);
    EXPECT_EQ(snapshot->Decide({"a", server, kTool, absl::StrCat("tool-", i)}).reason,
              Reason::kExplicitAllow);
    EXPECT_EQ(snapshot->Decide({"a", server, kTool, "tool-x"}).reason, Reason::kToolNotAllowed);
  }
  EXPECT_EQ(snapshot->Decide({"a", "server-100", kTool, "x"}).reason, Reason::kImplicitGrant);
}

struct SentenceCase {
  AccessRequest request;
  const char* message;
};

const SentenceCase kSentences[] = {
    {{"worker", "db", kTool, "drop_table"},
     "Agent \"worker\" may not use the tool \"drop_table\" of the server \"db\": a deny rule names "
     "\"drop_table\"."},
    {{"worker", "db", kTool, "drop_x"},
     "Agent \"worker\" may not use the tool \"drop_x\" of the server \"db\": the deny pattern "
     "\"drop_*\" matches."},
    {{"worker", "db", kTool, "query"},
     "Agent \"worker\" may use the tool \"query\" of the server \"db\": an allow rule names "
     "\"query\"."},
    {{"worker", "db", kTool, "list_all"},
     "Agent \"worker\" may use the tool \"list_all\" of the server \"db\": the allow pattern "
     "\"list_*\" matches."},
    {{"worker", "db", kTool, "none"},
     "Agent \"worker\" may not use the tool \"none\" of the server \"db\": an allow list narrows "
     "this server, and no entry matches the tool."},
    {{"worker", "mail", kResource, "x"},
     "Agent \"worker\" may not use the resource \"x\" of the server \"mail\": an allow list "
     "narrows "
     "this server, and no entry matches the resource."},
    {{"worker", "mail", kPrompt, "x"},
     "Agent \"worker\" may not use the prompt \"x\" of the server \"mail\": an allow list narrows "
     "this server, and no entry matches the prompt."},
    {{"worker", "web-1", kServer, ""},
     "Agent \"worker\" may use the server \"web-1\": the allow.servers entry \"web-*\" matches."},
    {{"worker", "web-x1", kServer, ""},
     "Agent \"worker\" may not use the server \"web-x1\": the deny.servers entry \"web-x*\" "
     "matches "
     "the server."},
    {{"worker", "other", kServer, ""},
     "Agent \"worker\" may not use the server \"other\": no allow.servers entry matches the server "
     "\"other\"."},
    {{"ghost\n", "db", kPrompt, "p"},
     "Agent \"ghost\\n\" may not use the prompt \"p\" of the server \"db\": no rules name this "
     "agent, "
     "and defaults deny such agents."},
    {{"guest", "files", kResource, "file:///x"},
     "Agent \"guest\" may use the resource \"file:///x\" of the server \"files\": the "
     "allow.servers "
     "entry \"files\" lets it use the server, and no allow list narrows that."},
};

TEST(ExplainTest, SaysItInASentence) {
  const auto snapshot = MustLoad(kRules);
  for (const SentenceCase& c : kSentences) {
    EXPECT_EQ(snapshot->Explain(c.request, snapshot->Decide(c.request)).message, c.message);
  }
  const auto open = MustLoad(R"({"defaults": {"deny_on_missing_agent": false}})");
  const AccessRequest request{"ghost", "db", kTool, "t"};
  EXPECT_EQ(
      open->Explain(request, open->Decide(request)).message,
      "Agent \"ghost\" may use the tool \"t\" of the server \"db\": no rules name this agent, "
      "and deny_on_missing_agent is false.");
}

// Of a sentence only the name is to be written anew for another name that the same rule decides.
TEST(ExplainTest, SaysWhereItQuotesTheName) {
  const auto snapshot = MustLoad(kRules);
  for (const absl::string_view name : {"drop_x", "drop_\"\n"}) {
    const AccessRequest request{"worker", "db", kTool, name};
    const Explanation said = snapshot->Explain(request, snapshot->Decide(request));
    EXPECT_EQ(said.message.substr(said.name_at, said.name_size), Quote(name));
  }
}

// Nothing is left of what was said before.
TEST(ExplainTest, SaysItInPlaceOfAnotherSentence) {
  const auto snapshot = MustLoad(kRules);
  Explanation again;
  for (const SentenceCase& c : kSentences) {
    const Decision decision = snapshot->Decide(c.request);
    const Explanation once = snapshot->Explain(c.request, decision);
    snapshot->Explain(c.request, decision, &again);
    EXPECT_EQ(again.message, once.message);
    EXPECT_EQ(again.name_at, once.name_at);
    EXPECT_EQ(again.name_size, once.name_size);
    EXPECT_EQ(again.rule.file, once.rule.file) << once.message;
    EXPECT_EQ(again.rule.pointer, once.rule.pointer) << once.message;
    EXPECT_EQ(again.rule.pattern, once.rule.pattern) << once.message;
    EXPECT_EQ(again.rule.line, once.rule.line) << once.message;
    EXPECT_EQ(again.rule.column, once.rule.column) << once.message;
  }
}

TEST(ExplainTest, HasNoRuleForADecisionOfAnotherSnapshot) {
  const auto snapshot = MustLoad(R"({"agents": {"a": {"allow": {"servers": ["s"]}}}})");
  Decision decision{Effect::kDeny, Reason::kExplicitDeny, {7, 3}};
  EXPECT_TRUE(snapshot->Explain({"a", "s", kTool, "t"}, decision).rule.empty());
  decision.rule = {100, 0};
  EXPECT_TRUE(snapshot->Explain({"a", "s", kTool, "t"}, decision).rule.empty());
  for (uint32_t list = 2; list < 2'000; ++list) {
    decision.rule = {list, 0};
    EXPECT_TRUE(snapshot->Explain({"a", "s", kTool, "t"}, decision).rule.empty()) << list;
  }
  decision.rule = {1, 1};
  EXPECT_TRUE(snapshot->Explain({"a", "s", kTool, "t"}, decision).rule.empty());
  decision.rule = {1, 0};
  EXPECT_FALSE(snapshot->Explain({"a", "s", kTool, "t"}, decision).rule.empty());
  EXPECT_TRUE(snapshot->Explain({"b", "s", kTool, "t"}, decision).rule.empty());
}

TEST(SnapshotTest, DecidesFromManyThreadsAtOnce) {
  const auto snapshot = MustLoad(kRules);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        for (const Case& c : kCases) EXPECT_EQ(Decided(*snapshot, c.request), c.decided);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// The files' texts go once they are loaded: nothing of the snapshot may lie in them.
TEST(SnapshotTest, KeepsNothingOfTheTexts) {
  std::string texts[] = {R"({"agents": {
    "short": {"allow": {"servers": ["s"]}},
    "an-agent-with-a-long-id": {"allow": {
      "servers": ["a-server-with-a-long-name", "another-server-with-*-name"],
      "tools": {"a-server-with-a-long-name": ["a-tool-with-a-long-name", "a-[l]ong-pattern-of-*s"]}}},
    "another-agent-with-a-long-id": {"allow": {
      "servers": ["a-server-with-a-long-name", "another-server-with-*-name"],
      "tools": {"a-server-with-a-long-name": ["a-tool-with-a-long-name", "a-[l]ong-pattern-of-*s"]}}}
  }})",
                         R"({"mcpServers": {"s": {"command": "c", "description": "what it is"},
    "a-server-with-a-long-name": {"command": "c"}}})"};
  const auto snapshot = MustLoad(texts[0], texts[1]);
  for (std::string& text : texts) text.assign(text.size(), '*');
  EXPECT_EQ(snapshot->AgentIds(),
            (std::vector<std::string>{"an-agent-with-a-long-id", "another-agent-with-a-long-id",
                                      "short"}));
  for (const absl::string_view agent :
       {"an-agent-with-a-long-id", "another-agent-with-a-long-id"}) {
    const auto reason = [&](const char* server, AccessKind kind, const char* name) {
      return snapshot->Decide({agent, server, kind, name}).reason;
    };
    const char* const server = "a-server-with-a-long-name";
    EXPECT_EQ(reason(server, kTool, "a-tool-with-a-long-name"), Reason::kExplicitAllow);
    EXPECT_EQ(reason(server, kTool, "a-long-pattern-of-names"), Reason::kPatternAllow);
    EXPECT_EQ(reason(server, kTool, "another"), Reason::kToolNotAllowed);
    EXPECT_EQ(reason("another-server-with-a-name", kServer, ""), Reason::kServerAllowed);
    EXPECT_EQ(reason("a-server-of-nobody-at-all", kServer, ""), Reason::kServerNotAllowed);
  }
  ASSERT_EQ(snapshot->catalog().size(), 2u);
  EXPECT_EQ(snapshot->catalog()[0].name, "a-server-with-a-long-name");
  EXPECT_EQ(snapshot->catalog()[1].description, "what it is");
}

// Enough agents that their places in the table collide, with ids that fit into it and others.
TEST(DecideTest, FindsAgentsByIdsOfEverySize) {
  const auto id = [](size_t i) { return std::string(i % 40, '-') + std::to_string(i); };
  constexpr size_t kAgents = 2'000;
  std::string rules = R"({"agents": {)";
  for (size_t i = 0; i < kAgents; ++i) {
    absl::StrAppend(&rules, i == 0 ? "" : ",", "\"", id(i), R"(": {"allow": {"servers": ["s)", i,
                    R"("]}})");
  }
  const auto snapshot = MustLoad(rules + "}}");
  EXPECT_EQ(snapshot->agent_count(), kAgents);
  EXPECT_EQ(snapshot->AgentIds().size(), kAgents);
  for (size_t i = 0; i < kAgents; ++i) {
    const auto reason = [&](const std::string& agent) {
      return snapshot->Decide({agent, absl::StrCat("s", i), kServer, ""}).reason;
    };
    EXPECT_EQ(reason(id(i)), Reason::kServerAllowed) << i;
    for (const std::string& unknown : {id(i) + "x", "x" + id(i), id(i) + std::string(1, '\0')}) {
      EXPECT_EQ(reason(unknown), Reason::kUnknownAgent) << unknown;
    }
  }
  EXPECT_EQ(snapshot->Decide({"", "s0", kServer, ""}).reason, Reason::kUnknownAgent);
}

// Many servers with rules are searched otherwise than few.
TEST(DecideTest, FindsTheRulesOfEachOfManyServers) {
  for (const size_t count : {1, 2, 8, 9, 50}) {
    std::string allow;
    std::string deny;
    for (size_t i = 0; i < count; ++i) {
      absl::StrAppend(&allow, i == 0 ? "" : ",", "\"s", i * i, R"(": ["t)", i, R"(", "d*"])");
      absl::StrAppend(&deny, i == 0 ? "" : ",", "\"s", i * i, R"(": ["d)", i, R"("])");
    }
    const auto snapshot =
        MustLoad(absl::StrCat(R"({"agents": {"a": {"allow": {"servers": ["s*"], "tools": {)", allow,
                              R"(}}, "deny": {"servers": ["s4"], "tools": {)", deny, "}}}}}"));
    for (size_t i = 0; i < count; ++i) {
      const std::string server = absl::StrCat("s", i * i);
      const auto reason = [&](const std::string& tool) {
        return snapshot->Decide({"a", server, kTool, tool}).reason;
      };
      const bool denied = server == "s4";
      EXPECT_EQ(reason(absl::StrCat("t", i)),
                denied ? Reason::kServerDenied : Reason::kExplicitAllow);
      EXPECT_EQ(reason(absl::StrCat("d", i)),
                denied ? Reason::kServerDenied : Reason::kExplicitDeny);
      EXPECT_EQ(reason(absl::StrCat("d", i, "x")),
                denied ? Reason::kServerDenied : Reason::kPatternAllow);
      EXPECT_EQ(reason("other"), denied ? Reason::kServerDenied : Reason::kToolNotAllowed);
    }
    EXPECT_EQ(snapshot->Decide({"a", "s", kTool, "other"}).reason, Reason::kImplicitGrant);
  }
}

// What is said of all servers is searched with each server's own rules, in ways that the sizes of
// the lists choose.
TEST(DecideTest, JoinsAServersRulesWithThoseOfAllServers) {
  for (const size_t of_all : {1, 7, 8, 23, 24, 31, 32, 33, 60}) {
    std::string denied;
    std::string allowed;
    for (size_t i = 0; i < of_all; ++i) {
      absl::StrAppend(&denied, i == 0 ? "" : ",", "\"x", i, "\"");
      absl::StrAppend(&allowed, i == 0 ? "" : ",", "\"a", i, "\"");
    }
    const std::string all = absl::StrCat("\"*\": [", allowed, "]");
    for (const size_t servers : {1, 2, 9}) {
      std::string own;
      for (size_t i = 0; i < servers; ++i) absl::StrAppend(&own, "\"s", i, R"(": ["d)", i, "\"],");
      const auto snapshot = MustLoad(
          absl::StrCat(R"({"agents": {"a": {"allow": {"servers": ["s*"], "tools": {)", all,
                       R"(}, "prompts": {)", all, R"(}}, "deny": {"tools": {)", own, R"("*": [)",
                       denied, R"(]}, "prompts": {)", own, R"("*": []}}}}})"));
      for (size_t i = 0; i <= servers; ++i) {
        const std::string server = absl::StrCat("s", i);
        for (const AccessKind kind : {kTool, kPrompt}) {
          const auto reason = [&](const std::string& name) {
            return snapshot->Decide({"a", server, kind, name}).reason;
          };
          const Reason otherwise =
              kind == kTool ? Reason::kToolNotAllowed : Reason::kPromptNotAllowed;
          const std::string last = std::to_string(of_all - 1);
          EXPECT_EQ(reason("a" + last), Reason::kExplicitAllow) << of_all << " " << server;
          EXPECT_EQ(reason("a" + std::to_string(of_all)), otherwise) << of_all << " " << server;
          EXPECT_EQ(reason("x" + last), kind == kTool ? Reason::kExplicitDeny : otherwise)
              << of_all << " " << server;
          EXPECT_EQ(reason(absl::StrCat("d", i)), i < servers ? Reason::kExplicitDeny : otherwise)
              << of_all << " " << server;
        }
      }
    }
  }
}

}  // namespace
}  // namespace ostiary::pdp
