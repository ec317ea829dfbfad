// Every kind of thing that MCP offers: each call decided by kind, each list filtered, tasks with
// the tool that made them. Lines in both revisions' forms.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/sidecar/core/enforcer_harness.h"

namespace ostiary::sidecar {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::string_view kModern =
    R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"})";

std::string With(absl::string_view id, absl::string_view method, absl::string_view params) {
  return absl::StrCat(R"({"jsonrpc":"2.0","id":)", id, R"(,"method":")", method, R"(","params":{)",
                      params, "}}");
}

std::string Answer(absl::string_view id, absl::string_view result) {
  return absl::StrCat(R"({"jsonrpc":"2.0","id":)", id, R"(,"result":)", result, "}");
}

class ProtocolTest : public ::testing::Test {
 protected:
  ProtocolTest() { h_.Initialize(); }

  // The client sends it; what is asked is answered.
  void Client(const std::string& line) {
    h_.Client(line);
    h_.AnswerAll();
  }
  void Server(const std::string& line) {
    h_.Server(line);
    h_.AnswerAll();
  }
  // What the client gets to see of the server's answer to `request`.
  std::vector<std::string> Through(const std::string& request, const std::string& answer) {
    Client(request);
    EXPECT_THAT(h_.TakeToServer(), ElementsAre(request));
    Server(answer);
    return h_.TakeToClient();
  }

  EnforcerHarness h_;
};

// Lists.

TEST_F(ProtocolTest, EveryListShowsWhatTheAgentMayReach) {
  const struct {
    const char* method;
    const char* before;
    const char* after;
  } cases[] = {
      {"tools/list", R"({"tools":[{"name":"a"},{"name":"deny_b"}]})",
       R"({"tools":[{"name":"a"}]})"},
      {"prompts/list", R"({"prompts":[{"name":"deny_a"},{"name":"b","title":"deny"}]})",
       R"({"prompts":[{"name":"b","title":"deny"}]})"},
      {"resources/list",
       R"({"resources":[{"uri":"x://a","name":"deny"},{"name":"b","uri":"deny://b"}],"nextCursor":"c"})",
       R"({"resources":[{"uri":"x://a","name":"deny"}],"nextCursor":"c"})"},
      {"resources/templates/list",
       R"({"resourceTemplates":[{"uriTemplate":"deny://{x}","name":"a"}]})",
       R"({"resourceTemplates":[]})"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(Through(Request("1", c.method), Answer("1", c.before)),
                ElementsAre(Answer("1", c.after)))
        << c.method;
  }
}

TEST_F(ProtocolTest, AListWithoutItsKeyIsWithheld) {
  EXPECT_THAT(Through(Request("1", "prompts/list"), Answer("1", R"({"tools":[]})")),
              ElementsAre(HasSubstr(R"("error":{"code":5021,)")));
  EXPECT_THAT(
      Through(Request("2", "resources/list"), Answer("2", R"({"resources":[{"name":"a"}]})")),
      ElementsAre(HasSubstr(R"("error":{"code":5021,)")));
}

TEST_F(ProtocolTest, ANameThatNoDecisionCanBeHadOfIsHiddenAndTheListIsNot) {
  const std::string long_name(5000, 'x');
  EXPECT_THAT(Through(Request("1", "tools/list"), ToolList("1", {"", "a", long_name})),
              ElementsAre(ToolList("1", {"a"})));
}

TEST_F(ProtocolTest, AListOfThousandsIsAskedForInParts) {
  std::vector<std::string> names;
  for (int i = 0; i < 3000; ++i) names.push_back(absl::StrCat("tool", i));
  h_.Client(Request("1", "tools/list"));
  h_.TakeToServer();
  h_.Server(ToolList("1", names));
  for (const auto& question : h_.source.open) EXPECT_LE(question.accesses.size(), 256U);
  h_.AnswerAll();
  EXPECT_THAT(h_.to_client, ElementsAre(ToolList("1", names)));
}

TEST_F(ProtocolTest, AListOfLongNamesIsAskedForInPartsThatAQuestionHolds) {
  std::vector<std::string> names;
  for (int i = 0; i < 300; ++i) names.push_back(absl::StrCat(1000 + i, std::string(4092, 'x')));
  h_.Client(Request("1", "tools/list"));
  h_.TakeToServer();
  h_.Server(ToolList("1", names));
  for (const auto& question : h_.source.open) {
    size_t bytes = 0;
    for (const Access& access : question.accesses) bytes += access.name.size() + 1100;
    EXPECT_LT(bytes, size_t{1} << 20) << "with the server's name each, and what stands around";
  }
  h_.AnswerAll();
  EXPECT_THAT(h_.to_client, ElementsAre(ToolList("1", names)));
}

TEST_F(ProtocolTest, InRevision2026AFilteredListIsNotToBeKept) {
  const struct {
    const char* before;
    const char* after;
  } cases[] = {
      {R"({"tools":[{"name":"a"}],"ttlMs":60000,"cacheScope":"public"})",
       R"({"tools":[{"name":"a"}],"ttlMs":0,"cacheScope":"private"})"},
      {R"({"tools":[{"name":"deny_a"}],"resultType":"complete"})",
       R"({"ttlMs":0,"cacheScope":"private","tools":[],"resultType":"complete"})"},
      {R"({"cacheScope" : "public" ,"tools":[]})",
       R"({"ttlMs":0,"cacheScope" : "private" ,"tools":[]})"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(Through(With("1", "tools/list", kModern), Answer("1", c.before)),
                ElementsAre(Answer("1", c.after)));
    EXPECT_THAT(Through(Request("2", "tools/list"), Answer("2", R"({"tools":[],"ttlMs":5})")),
                ElementsAre(Answer("2", R"({"tools":[],"ttlMs":5})")))
        << "an older revision's answer stays as it came";
  }
}

// Denials in both revisions.

TEST_F(ProtocolTest, ADeniedCallOfRevision2026IsACompleteResult) {
  Client(With("1", "tools/call", absl::StrCat(R"("name":"deny_me",)", kModern)));
  EXPECT_THAT(h_.TakeToClient(),
              ElementsAre(AllOf(HasSubstr(R"("result":{"resultType":"complete","content":)"),
                                HasSubstr(R"("isError":true)"))));
  Client(Call("2", "deny_me"));
  EXPECT_THAT(h_.to_client, ElementsAre(Not(HasSubstr("resultType"))));
  EXPECT_THAT(h_.to_server, IsEmpty());
}

TEST_F(ProtocolTest, WhatIsDeniedIsNamed) {
  Client(With("1", "resources/read", R"("uri":"deny://a")"));
  EXPECT_THAT(h_.TakeToClient(),
              ElementsAre(AllOf(HasSubstr(R"("kind":"RESOURCE","name":"deny://a")"),
                                HasSubstr(R"(resource \"deny://a\" of server)"))));
  Client(With("2", "prompts/get", R"("name":"deny_p")"));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("kind":"PROMPT","name":"deny_p")")));
  Client(With("3", "subscriptions/listen",
              R"("notifications":{"resourceSubscriptions":["x://a","deny://b","deny://c"]})"));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("name":"deny://b")")));
}

TEST_F(ProtocolTest, AUriIsDecidedByItsNormalFormToo) {
  h_.policy = [](const Access& a) {
    return a.kind == AccessKind::kServer || a.name != "file:///etc/passwd";
  };
  for (const char* uri : {"file:///etc/passwd", "FILE:///etc/passwd", "file:///./etc//passwd/",
                          "file:///etc/p%61sswd", "file://localhost/etc/passwd"}) {
    Client(With("1", "resources/read", absl::StrCat(R"("uri":")", uri, "\"")));
    EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("error":{"code":4030,)"))) << uri;
  }
  EXPECT_THAT(h_.to_server, IsEmpty());
  Client(With("1", "resources/read", R"("uri":"file:///etc/passwd2")"));
  EXPECT_EQ(h_.to_server.size(), 1U);
}

TEST_F(ProtocolTest, AnotherSpellingMustNotBeDeniedAndNeedNotBeAllowed) {
  // As a rule with a blank in it, or one with %20 in it, would decide.
  const std::string read = With("1", "resources/read", R"("uri":"file:///My%20Documents/x")");
  h_.policy = [](const Access& a) { return a.name != "file:///My Documents/x"; };
  Client(read);
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("error":{"code":4030,)")));
  EnforcerHarness h;
  h.Initialize();
  h.deny_reason = "RESOURCE_NOT_ALLOWED";
  h.policy = h_.policy;
  h.Client(read);
  h.AnswerAll();
  EXPECT_THAT(h.to_server, ElementsAre(read));
}

TEST_F(ProtocolTest, WhatAReaderTakesForAnotherPlaceMustBeAllowedThere) {
  const std::string read =
      With("1", "resources/read", R"("uri":"https://good.example@other.example/x")");
  h_.deny_reason = "RESOURCE_NOT_ALLOWED";
  h_.policy = [](const Access& a) {
    return a.kind == AccessKind::kServer || absl::StartsWith(a.name, "https://good.example");
  };
  Client(read);
  EXPECT_THAT(h_.to_server, IsEmpty());
  EXPECT_THAT(h_.TakeToClient(),
              ElementsAre(AllOf(HasSubstr(R"("error":{"code":4030,)"),
                                HasSubstr(R"("name":"https://other.example/x")"))));
}

TEST_F(ProtocolTest, EveryResourceOfASubscriptionIsDecidedInItsOwnForms) {
  h_.Client(With("1", "subscriptions/listen",
                 R"("notifications":{"resourceSubscriptions":["x:///%61","x:///%62"]})"));
  std::vector<std::string> names;
  for (const auto& question : h_.source.open) {
    for (const Access& access : question.accesses) names.push_back(access.name);
  }
  EXPECT_THAT(names, ElementsAre("x:///%61", "x:///a", "x:///%62", "x:///b"));
}

TEST_F(ProtocolTest, AListHidesWhatAReadDenies) {
  h_.policy = [](const Access& a) {
    return a.name != "file:///My Documents/x" && a.name != "file:///etc/passwd";
  };
  EXPECT_THAT(
      Through(Request("1", "resources/list"),
              Answer("1", R"({"resources":[{"uri":"file:///My%20Documents/x"},)"
                          R"({"uri":"file://localhost/etc/passwd"},{"uri":"file:///a%20b"}]})")),
      ElementsAre(Answer("1", R"({"resources":[{"uri":"file:///a%20b"}]})")));
}

TEST_F(ProtocolTest, AListHidesWhatAReadRefuses) {
  EXPECT_THAT(Through(Request("1", "resources/list"),
                      Answer("1", R"({"resources":[{"uri":"x:///a/../b"},{"uri":"x:///b"}]})")),
              ElementsAre(Answer("1", R"({"resources":[{"uri":"x:///b"}]})")));
}

TEST_F(ProtocolTest, AListHidesWhatIsAllowedInAnotherSpellingOnly) {
  h_.deny_reason = "RESOURCE_NOT_ALLOWED";
  h_.policy = [](const Access& a) {
    return a.kind == AccessKind::kServer || a.name == "file:///a%20b" ||
           absl::StartsWith(a.name, "https://good.example");
  };
  for (const char* from : {"the source", "the cache"}) {
    EXPECT_THAT(
        Through(Request("1", "resources/list"),
                Answer("1", R"({"resources":[{"uri":"file:///a%20b"},{"uri":"file:///a b"},)"
                            R"({"uri":"https://good.example@other.example/x"}]})")),
        ElementsAre(Answer("1", R"({"resources":[{"uri":"file:///a%20b"}]})")))
        << from;
  }
}

TEST_F(ProtocolTest, ARuleInTheServersOwnSpellingAllows) {
  h_.deny_reason = "RESOURCE_NOT_ALLOWED";
  for (const std::string uri : {"memo://Insights/today", "file:///My Documents/x",
                                "file:///home/jos\xC3\xA9/x", "https://example.com"}) {
    h_.policy = [&](const Access& a) { return a.kind == AccessKind::kServer || a.name == uri; };
    h_.Present(h_.generation + 1);
    h_.AnswerAll();
    const std::string read = With("1", "resources/read", absl::StrCat(R"("uri":")", uri, "\""));
    Client(read);
    EXPECT_THAT(h_.TakeToServer(), ElementsAre(read));
    Server(Result("1"));
  }
}

TEST_F(ProtocolTest, ANameLongerThanAnyIsRefused) {
  const std::string fits(8192, 'x');
  Client(Call("1", fits + "x"));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("error":{"code":-32600,)")));
  EXPECT_THAT(h_.to_server, IsEmpty());
  Client(Call("1", fits));
  EXPECT_THAT(h_.to_server, ElementsAre(Call("1", fits)));
}

TEST_F(ProtocolTest, ASubscriptionToMoreThanAnyIsRefused) {
  const auto listen = [](size_t count) {
    std::string uris = "\"x://0\"";
    for (size_t i = 1; i < count; ++i) absl::StrAppend(&uris, ",\"x://", i, "\"");
    return With("1", "subscriptions/listen",
                absl::StrCat(R"("notifications":{"resourceSubscriptions":[)", uris, "]}"));
  };
  Client(listen(1001));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("error":{"code":-32600,)")));
  EXPECT_THAT(h_.to_server, IsEmpty());
  Client(listen(1000));
  EXPECT_THAT(h_.to_server, ElementsAre(listen(1000)));
}

// Tasks.

TEST_F(ProtocolTest, ATaskBelongsToTheToolThatMadeIt) {
  const struct {
    const char* name;
    std::string call;
    const char* result;
  } cases[] = {
      {"2025-11-25", With("1", "tools/call", R"("name":"slow","task":{"ttl":1})"),
       R"({"task":{"taskId":"t1","status":"working"}})"},
      {"2026-07-28", With("1", "tools/call", absl::StrCat(R"("name":"slow",)", kModern)),
       R"({"resultType":"task","taskId":"t1","status":"working"})"},
  };
  for (const auto& c : cases) {
    EnforcerHarness h;
    h.Initialize();
    h.Client(c.call);
    h.AnswerAll();
    h.Server(Answer("1", c.result));
    EXPECT_THAT(h.TakeToClient(), ElementsAre(Answer("1", c.result))) << c.name;
    h.TakeToServer();
    const std::string get = With("2", "tasks/get", R"("taskId":"t1")");
    h.Client(get);
    EXPECT_THAT(h.TakeToServer(), ElementsAre(get)) << c.name;
    h.Server(Result("2"));
    h.TakeToClient();

    h.policy = [](const Access& a) { return a.name != "slow"; };
    h.Present(2);
    h.AnswerAll();
    for (const char* method : {"tasks/get", "tasks/result", "tasks/cancel", "tasks/update"}) {
      h.Client(With("3", method, R"("taskId":"t1")"));
      h.AnswerAll();
      EXPECT_THAT(h.TakeToClient(), ElementsAre(AllOf(HasSubstr(R"("error":{"code":4030,)"),
                                                      HasSubstr(R"("kind":"TOOL","name":"slow")"))))
          << c.name << method;
    }
    EXPECT_THAT(h.to_server, IsEmpty());
  }
}

// FastMCP makes them, and its release 2.14 names them in the result's _meta.
TEST_F(ProtocolTest, ATaskOfAPromptOrAResourceBelongsToIt) {
  const struct {
    std::string request;
    const char* result;
    const char* denied;  // then
    const char* told;
  } cases[] = {
      {With("1", "prompts/get", R"("name":"slow","task":{})"), R"({"task":{"taskId":"t"}})", "slow",
       R"("kind":"PROMPT","name":"slow")"},
      {With("1", "resources/read", R"("uri":"file:///%62","task":{})"),
       R"({"task":{"taskId":"t"}})", "file:///b", R"("kind":"RESOURCE","name":"file:///b")"},
      {With("1", "tools/call", R"("name":"slow","task":{})"),
       R"({"_meta":{"modelcontextprotocol.io/task":{"taskId":"t"}},"content":[]})", "slow",
       R"("kind":"TOOL","name":"slow")"},
  };
  for (const auto& c : cases) {
    EnforcerHarness h;
    h.Initialize();
    const auto client = [&h](const std::string& line) {
      h.Client(line);
      h.AnswerAll();
      return h.TakeToServer();
    };
    EXPECT_THAT(client(c.request), ElementsAre(c.request));
    h.Server(Answer("1", c.result));
    const std::string get = With("2", "tasks/get", R"("taskId":"t")");
    EXPECT_THAT(client(get), ElementsAre(get)) << c.told;
    h.Server(Result("2"));
    client(Request("3", "tasks/list"));
    h.TakeToClient();
    h.Server(Answer("3", R"({"tasks":[{"taskId":"t"}]})"));
    h.AnswerAll();
    EXPECT_THAT(h.TakeToClient(), ElementsAre(Answer("3", R"({"tasks":[{"taskId":"t"}]})")));

    h.policy = [&c](const Access& a) { return a.name != c.denied; };
    h.Present(2);
    EXPECT_THAT(client(get), IsEmpty());
    EXPECT_THAT(h.TakeToClient(), ElementsAre(HasSubstr(c.told)));
    client(Request("3", "tasks/list"));
    h.Server(Answer("3", R"({"tasks":[{"taskId":"t"}]})"));
    h.AnswerAll();
    EXPECT_THAT(h.TakeToClient(), ElementsAre(Answer("3", R"({"tasks":[]})")));
  }
}

TEST_F(ProtocolTest, ATaskThatNoCallOfThisSessionMadeIsRefused) {
  Through(With("1", "tools/call", R"("name":"slow")"),
          Answer("1", R"({"task":{"taskId":"t1"}})"));  // it did not ask for a task
  Client(With("2", "tasks/get", R"("taskId":"t1")"));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(AllOf(HasSubstr(R"("id":2,"error":{"code":-32602,)"),
                                                   HasSubstr(R"("reason":"TASK_NOT_OF_SESSION")"),
                                                   HasSubstr(R"("taskId":"t1")"))));
  EXPECT_THAT(h_.to_server, IsEmpty());
  Through(With("3", "tools/call", absl::StrCat(R"("name":"slow",)", kModern)),
          Answer("3", R"({"resultType":"complete","taskId":"t3"})"));  // and that is no task
  Client(With("4", "tasks/get", R"("taskId":"t3")"));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("reason":"TASK_NOT_OF_SESSION")")));
}

TEST_F(ProtocolTest, ASubscriptionToATaskOfAnotherSessionIsRefused) {
  Through(With("1", "tools/call", R"("name":"slow","task":{})"),
          Answer("1", R"({"task":{"taskId":"mine"}})"));
  for (const char* wanted :
       {R"("taskIds":["other"])", R"("taskIds":["other","mine"])", R"("taskIds":["mine","other"])",
        R"("resourceSubscriptions":["x://a"],"taskIds":["other"])"}) {
    Client(With("2", "subscriptions/listen", absl::StrCat(R"("notifications":{)", wanted, "}")));
    EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("reason":"TASK_NOT_OF_SESSION")")))
        << wanted;
  }
  EXPECT_THAT(h_.to_server, IsEmpty());
  const std::string own =
      With("2", "subscriptions/listen",
           R"("notifications":{"resourceSubscriptions":["x://a"],"taskIds":["mine"]})");
  Client(own);
  EXPECT_THAT(h_.to_server, ElementsAre(own));
}

TEST_F(ProtocolTest, InRevision2026TasksAreAnExtensionThatEachRequestDeclares) {
  const auto get = [](absl::string_view capabilities) {
    return With(
        "1", "tasks/get",
        absl::StrCat(R"("taskId":"t","_meta":{)",
                     R"("io.modelcontextprotocol/protocolVersion":"2026-07-28",)",
                     R"("io.modelcontextprotocol/clientCapabilities":)", capabilities, "}"));
  };
  Client(get("{}"));
  EXPECT_THAT(h_.TakeToClient(),
              ElementsAre(AllOf(
                  HasSubstr(R"("error":{"code":-32021,)"),
                  HasSubstr(R"("data":{"requiredCapabilities":{"extensions":)"
                            R"({"io.modelcontextprotocol/tasks":{}}},"ostiary/decision":{)"))));
  Client(get(R"({"extensions":{"io.modelcontextprotocol/tasks":{}}})"));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("error":{"code":-32602,)")));
}

TEST_F(ProtocolTest, WhatRevision2026DoesNotHaveIsNotCoveredThere) {
  for (const char* method :
       {"tasks/result", "tasks/list", "resources/subscribe", "resources/unsubscribe"}) {
    Client(With("1", method, kModern));
    EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("error":{"code":-32601,)"))) << method;
  }
}

TEST_F(ProtocolTest, AListOfTasksShowsThoseOfThisSession) {
  Through(With("1", "tools/call", R"("name":"slow","task":{})"),
          Answer("1", R"({"task":{"taskId":"mine"}})"));
  EXPECT_THAT(Through(Request("2", "tasks/list"),
                      Answer("2", R"({"tasks":[{"taskId":"other"},{"taskId":"mine"}]})")),
              ElementsAre(Answer("2", R"({"tasks":[{"taskId":"mine"}]})")));
}

TEST_F(ProtocolTest, ATaskOfTwoToolsNeedsBoth) {
  for (const char* tool : {"slow", "other"}) {
    Through(With("1", "tools/call", absl::StrCat(R"("name":")", tool, R"(","task":{})")),
            Answer("1", R"({"task":{"taskId":"t"}})"));
  }
  h_.policy = [](const Access& a) { return a.name != "slow"; };
  h_.Present(2);
  Client(With("2", "tasks/get", R"("taskId":"t")"));
  EXPECT_THAT(h_.to_client, ElementsAre(HasSubstr(R"("error":{"code":4030,)")));
}

TEST_F(ProtocolTest, WhatNeedsSeveralDecisionsGetsThemUnderOnePolicy) {
  for (const char* tool : {"a", "b"}) {
    Through(With("1", "tools/call", absl::StrCat(R"("name":")", tool, R"(","task":{})")),
            Answer("1", R"({"task":{"taskId":"t"}})"));
  }
  h_.policy = [](const Access& x) { return x.kind == AccessKind::kServer || x.name == "a"; };
  h_.Present(2);
  h_.AnswerAll();
  Through(Call("5", "a"), Result("5"));  // now "a" is in the cache
  // The next policy, which allows "b" alone, is not announced yet.
  h_.policy = [](const Access& x) { return x.kind == AccessKind::kServer || x.name == "b"; };
  h_.Client(With("6", "tasks/get", R"("taskId":"t")"));
  while (!h_.source.open.empty()) h_.AnswerOne(3);
  EXPECT_THAT(h_.to_server, IsEmpty()) << "no policy allows both";
  h_.Present(3);
  h_.AnswerAll();
  EXPECT_THAT(h_.to_server, IsEmpty());
  EXPECT_THAT(h_.to_client, ElementsAre(HasSubstr(R"("id":6,"error":{"code":4030,)")));
}

TEST_F(ProtocolTest, WhatIsHalfDeniedIsDecidedByTheNextPolicyAlone) {
  for (const char* tool : {"a", "b"}) {
    Through(With("1", "tools/call", absl::StrCat(R"("name":")", tool, R"(","task":{})")),
            Answer("1", R"({"task":{"taskId":"t"}})"));
  }
  const auto allow_all = std::exchange(h_.policy, [](const Access& x) { return x.name != "a"; });
  h_.Present(2);
  h_.AnswerAll();
  const std::string get = With("6", "tasks/get", R"("taskId":"t")");
  h_.Client(Call("5", "b"));  // so that "b" is asked for by itself
  h_.Client(get);
  std::swap(h_.source.open[0], h_.source.open[1]);
  h_.AnswerOne();  // "a" is denied, and "b" not known yet
  h_.policy = allow_all;
  h_.Present(3);
  h_.AnswerAll();
  EXPECT_THAT(h_.to_server, ElementsAre(Call("5", "b"), get));
  EXPECT_THAT(h_.to_client, IsEmpty());
}

TEST_F(ProtocolTest, ALongNameCostsNoOtherItsDecision) {
  const std::string uri = absl::StrCat("x://", std::string(70'000, 'x'));
  h_.Client(Call("1", "good"));
  h_.Client(With("2", "resources/read", absl::StrCat(R"("uri":")", uri, "\"")));
  h_.Lost();
  h_.Present(1);
  while (!h_.source.open.empty()) {
    const bool refused = h_.source.open.front().accesses.back().name.size() > 65536;
    if (refused) {
      h_.FailOne(absl::ResourceExhaustedError("name has too many bytes"));
    } else {
      h_.AnswerOne();
    }
  }
  EXPECT_THAT(h_.to_server, ElementsAre(Call("1", "good")));
}

TEST_F(ProtocolTest, ATaskIsToldOfToItsSessionOnly) {
  const std::string status =
      R"({"jsonrpc":"2.0","method":"notifications/tasks/status","params":{"taskId":"t"}})";
  Server(status);
  EXPECT_THAT(h_.TakeToClient(), IsEmpty());
  Client(With("1", "tools/call", R"("name":"slow","task":{})"));
  Server(status);  // servers tell before they answer
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(status));
  Server(Answer("1", R"({"task":{"taskId":"t"}})"));
  h_.TakeToClient();
  Server(status);
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(status));
  h_.policy = [](const Access& a) { return a.name != "slow"; };
  h_.Present(2);
  Server(status);
  EXPECT_THAT(h_.to_client, IsEmpty());
}

TEST_F(ProtocolTest, AnUpdateOfAResourceIsToldToWhoMayReadIt) {
  const auto updated = [](const char* uri) {
    return absl::StrCat(
        R"({"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":")", uri,
        R"("}})");
  };
  Server(updated("x://a"));
  Server(updated("deny://a"));
  Server(R"({"jsonrpc":"2.0","method":"notifications/resources/updated","params":{}})");
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(updated("x://a")));
  Server(updated("deny://a"));  // from the cache
  EXPECT_THAT(h_.to_client, IsEmpty());
}

TEST_F(ProtocolTest, AnUpdateIsDecidedInAllSpellingsOfItsResource) {
  const auto updated = [](const char* uri) {
    return absl::StrCat(
        R"({"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":")", uri,
        R"("}})");
  };
  h_.policy = [](const Access& a) { return a.name != "x:///%61"; };
  Client(With("1", "resources/read", R"("uri":"x:///a")"));  // that much is known
  Server(updated("x:///%61"));
  EXPECT_THAT(h_.TakeToClient(), IsEmpty());
  h_.deny_reason = "RESOURCE_NOT_ALLOWED";
  h_.policy = [](const Access& a) { return a.name != "file:///a b"; };
  h_.Present(2);
  for (const char* from : {"the source", "the cache"}) {
    Server(updated("file:///a%20b"));
    EXPECT_THAT(h_.TakeToClient(), ElementsAre(updated("file:///a%20b"))) << from;
  }
}

// Ids.

TEST_F(ProtocolTest, AClientsAnswerThatIsNotLetThroughIsAnsweredInItsPlace) {
  const std::string ask = Request("7", "roots/list");
  for (const char* bad :
       {R"({"jsonrpc":"2.0","id":7,"result":{},"Result":{}})",
        R"({"jsonrpc":"2.0","id":7,"result":NaN})",
        R"({"jsonrpc":"2.0","id":7,"result":{},"__proto__":{"method":"tools/call"}})"}) {
    Server(ask);
    EXPECT_THAT(h_.TakeToClient(), ElementsAre(ask));
    Client(bad);
    if (std::string(bad).find("Result") != std::string::npos ||
        std::string(bad).find("__proto__") != std::string::npos) {
      // Whose answer it is, is not certain.
      EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("error":{"code":-32600,)"))) << bad;
      Client(Answer("7", "{}"));
      h_.TakeToServer();
      continue;
    }
    EXPECT_THAT(h_.TakeToServer(), ElementsAre(HasSubstr(R"("id":7,"error":{"code":5021,)")))
        << bad;
    h_.TakeToClient();
  }
}

TEST_F(ProtocolTest, AnAnswerOfAnAgentThatIsNoLongerAllowedIsAnErrorToTheServer) {
  Server(Request("7", "roots/list"));
  h_.policy = [](const Access&) { return false; };
  h_.Present(2);
  Client(Answer("7", "{}"));
  EXPECT_THAT(h_.to_server, ElementsAre(HasSubstr(R"("id":7,"error":{"code":4030,)")));
}

TEST_F(ProtocolTest, AStringIdIsNotAnIntegers) {
  Client(Request("1", "ping"));
  Client(Request("\"1\"", "tools/list"));
  EXPECT_EQ(h_.TakeToServer().size(), 2U);
  Server(ToolList("\"1\"", {"deny_a", "b"}));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(ToolList("\"1\"", {"b"})));
  Server(Result("1"));
  EXPECT_THAT(h_.to_client, ElementsAre(Result("1")));
}

}  // namespace
}  // namespace ostiary::sidecar
