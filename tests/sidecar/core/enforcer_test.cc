// The enforcer from outside: who gets which line. Stories of one message each; what depends on the
// source's moods is in enforcer_source_test.cc.
#include "sidecar/core/enforcer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/sidecar/core/enforcer_harness.h"

namespace ostiary::sidecar {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class EnforcerTest : public ::testing::Test {
 protected:
  EnforcerTest() { h_.Initialize(); }
  EnforcerHarness h_;
};

TEST(EnforcerStartTest, StartsTheServerOnceTheAgentMayUseIt) {
  EnforcerHarness h;
  h.enforcer->Start(h.now);
  h.Client(Request("0", "initialize"));
  EXPECT_EQ(h.server_starts, 0);
  h.Present(1);
  h.AnswerAll();
  EXPECT_EQ(h.server_starts, 1);
  EXPECT_THAT(h.to_server, ElementsAre(Request("0", "initialize")));
  EXPECT_THAT(h.to_client, IsEmpty());
}

TEST(EnforcerStartTest, NeverStartsADeniedServerUntilThePolicyAllowsIt) {
  EnforcerHarness h;
  h.policy = [](const Access&) { return false; };
  h.Present(1);
  h.enforcer->Start(h.now);
  h.AnswerAll();
  h.Client(Request("0", "initialize"));
  h.Client(Notify("notifications/initialized"));
  EXPECT_EQ(h.server_starts, 0);
  EXPECT_THAT(h.to_server, IsEmpty());
  EXPECT_THAT(h.TakeToClient(), ElementsAre(AllOf(HasSubstr(R"("id":0,"error":{"code":4030,)"),
                                                  HasSubstr("Denied by policy"))));
  h.policy = [](const Access&) { return true; };
  h.Present(2);
  EXPECT_EQ(h.server_starts, 0);
  h.Client(Request("1", "initialize"));
  h.AnswerAll();
  EXPECT_EQ(h.server_starts, 1);
  EXPECT_THAT(h.to_server, ElementsAre(Request("1", "initialize")));
}

TEST_F(EnforcerTest, PassesAnAllowedCallAndItsAnswerByteForByte) {
  const std::string call =
      R"({ "id":7, "params":{"arguments":{"n":1.0e+2,"s":"\u0041"},"name":"read"},)"
      R"( "method":"tools\/call","jsonrpc":"2.0" })";
  h_.Client("\t " + call + " \t");
  h_.AnswerAll();
  EXPECT_THAT(h_.to_server, ElementsAre(call));
  const std::string answer = R"({"result" : {"content":[ ]},"jsonrpc":"2.0","id":7})";
  h_.Server(" " + answer + " ");
  EXPECT_THAT(h_.to_client, ElementsAre(answer));
  EXPECT_EQ(h_.enforcer->open_requests(), 0U);
}

TEST_F(EnforcerTest, AnswersADeniedCallItself) {
  h_.Client(Call("7", "deny_me"));
  h_.AnswerAll();
  EXPECT_THAT(h_.to_server, IsEmpty());
  EXPECT_THAT(h_.to_client,
              ElementsAre(AllOf(HasSubstr(R"("id":7,"result":{)"), HasSubstr(R"("isError":true)"),
                                HasSubstr(R"("outcome":"denied")"))));
  EXPECT_EQ(h_.enforcer->open_requests(), 0U);
}

TEST_F(EnforcerTest, ShowsOnlyTheToolsThatMayBeUsed) {
  h_.Client(Request("1", "tools/list"));
  h_.Server(ToolList("1", {"read", "deny_me", "write"}));
  EXPECT_THAT(h_.to_client, IsEmpty());
  ASSERT_EQ(h_.source.open.size(), 1U) << "the whole list is one question";
  h_.AnswerAll();
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(ToolList("1", {"read", "write"})));
  // From now on the listed tools need no question.
  h_.Client(Call("2", "write"));
  h_.Client(Call("3", "deny_me"));
  EXPECT_THAT(h_.source.open, IsEmpty());
  EXPECT_THAT(h_.TakeToServer(), ElementsAre(Request("1", "tools/list"), Call("2", "write")));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("id":3,)")));
}

// Denials.

TEST_F(EnforcerTest, DeniesACallThatAsksForATaskWithAnError) {
  h_.Client(
      R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"deny_me","task":{"ttl":1}}})");
  h_.AnswerAll();
  EXPECT_THAT(h_.to_server, IsEmpty());
  EXPECT_THAT(h_.to_client, ElementsAre(HasSubstr(R"("id":1,"error":{"code":4030,)")));
}

TEST(EnforcerDenialStyleTest, DeniesCallsWithAnErrorWhereTold) {
  EnforcerOptions options;
  options.denial_style = DenialStyle::kError;
  EnforcerHarness h(options);
  h.Initialize();
  h.Client(Call("1", "deny_me"));
  h.AnswerAll();
  EXPECT_THAT(h.to_client, ElementsAre(HasSubstr(R"("id":1,"error":{"code":4030,)")));
}

TEST_F(EnforcerTest, DeniesMethodsThatAreNotCovered) {
  for (const char* method : {"resources/delete", "prompts/Get", "tasks/", "tools/Call", "x", ""}) {
    h_.Client(Request("1", method));
    EXPECT_THAT(h_.TakeToClient(), ElementsAre(AllOf(HasSubstr(R"("id":1,"error":{"code":-32601,)"),
                                                     HasSubstr("METHOD_NOT_COVERED"))))
        << method;
  }
  EXPECT_THAT(h_.to_server, IsEmpty());
  EXPECT_EQ(h_.enforcer->open_requests(), 0U);
}

TEST_F(EnforcerTest, DropsRequestsThatComeAsNotifications) {
  h_.Client(R"({"jsonrpc":"2.0","method":"tools/call","params":{"name":"read"}})");
  h_.Client(Notify("initialize"));
  h_.AnswerAll();
  EXPECT_THAT(h_.to_server, IsEmpty());
  EXPECT_THAT(h_.to_client, IsEmpty());
}

TEST_F(EnforcerTest, DeniesNotificationsThatComeAsRequests) {
  h_.Client(Request("1", "notifications/initialized"));
  EXPECT_THAT(h_.to_server, IsEmpty());
  EXPECT_THAT(h_.to_client, ElementsAre(HasSubstr("METHOD_NOT_COVERED")));
}

// Ids.

TEST_F(EnforcerTest, KeepsAStringApartFromANumber) {
  h_.Client(Request("1", "ping"));
  h_.Client(Request(R"("1")", "ping"));
  EXPECT_THAT(h_.to_server, SizeIs(2));
  h_.Server(Result(R"("1")"));
  h_.Server(Result(R"("1")"));
  EXPECT_THAT(h_.to_client, ElementsAre(Result(R"("1")")));
  h_.Server(Result("1"));
  EXPECT_THAT(h_.to_client, SizeIs(2));
}

TEST_F(EnforcerTest, TakesAnEscapedIdForTheSameId) {
  h_.Client(Request(R"("a")", "ping"));
  h_.Client(Request(R"("\u0061")", "ping"));
  EXPECT_THAT(h_.to_server, SizeIs(1));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr("in use")));
  h_.Server(Result(R"("\u0061")"));
  EXPECT_THAT(h_.to_client, ElementsAre(Result(R"("\u0061")")));
}

TEST_F(EnforcerTest, RefusesAnIdInUseWithoutAnsweringTheOpenRequest) {
  h_.Client(Request("1", "ping"));
  h_.Client(Call("1", "read"));
  EXPECT_THAT(h_.to_server, ElementsAre(Request("1", "ping")));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("id":null,"error":{"code":-32600,)")));
  h_.Client(R"({"jsonrpc":"1.0","id":1,"method":"ping"})");
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("id":null,"error":{"code":-32600,)")));
  h_.Server(Result("1"));
  EXPECT_THAT(h_.to_client, ElementsAre(Result("1")));
}

TEST_F(EnforcerTest, RefusesAnIdOfARequestThatWaits) {
  h_.Client(Call("1", "read"));
  h_.Client(Call("1", "write"));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr("in use")));
  h_.AnswerAll();
  EXPECT_THAT(h_.to_server, ElementsAre(Call("1", "read")));
}

TEST_F(EnforcerTest, DropsAnswersOfTheServerThatNobodyAskedFor) {
  h_.Server(Result("9"));
  h_.Client(Call("1", "read"));
  h_.Server(Result("1"));  // it has not been asked yet
  EXPECT_THAT(h_.to_client, IsEmpty());
  h_.AnswerAll();
  h_.Server(Result("1"));
  h_.Server(Result("1"));
  EXPECT_THAT(h_.to_client, ElementsAre(Result("1")));
}

TEST_F(EnforcerTest, PassesTheServersRequestsAndOneAnswerToEach) {
  const std::string request =
      R"({"jsonrpc":"2.0","id":0,"method":"sampling/createMessage","params":{"x":1}})";
  h_.Client(Request("0", "ping"));  // ids are separate
  h_.Server(request);
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(request));
  h_.Client(Result("0"));
  h_.Client(Result("0"));
  h_.Client(Result(R"("0")"));
  EXPECT_THAT(h_.to_server, ElementsAre(Request("0", "ping"), Result("0")));
  h_.Server(Result("0"));
  EXPECT_THAT(h_.to_client, ElementsAre(Result("0")));
}

TEST_F(EnforcerTest, DropsTheServersRequestWithAnIdInUse) {
  h_.Server(Request("1", "roots/list"));
  h_.Server(Request("1", "sampling/createMessage"));
  EXPECT_THAT(h_.to_client, ElementsAre(Request("1", "roots/list")));
}

TEST_F(EnforcerTest, ACancelledRequestOfTheServerWantsNoAnswer) {
  h_.Server(Request("1", "roots/list"));
  h_.Server(Cancel("1"));
  h_.Client(Result("1"));
  EXPECT_THAT(h_.to_server, IsEmpty());
  EXPECT_THAT(h_.to_client, SizeIs(2));
}

// Cancelling.

TEST_F(EnforcerTest, ACancelDropsARequestThatWaitsForItsDecision) {
  h_.Client(Call("1", "read"));
  h_.Client(Cancel("1"));
  EXPECT_EQ(h_.enforcer->open_requests(), 0U);
  h_.Client(Call("1", "write"));  // the id is free again
  h_.AnswerAll();
  EXPECT_THAT(h_.to_server, ElementsAre(Call("1", "write")));
  EXPECT_THAT(h_.to_client, IsEmpty());
}

TEST_F(EnforcerTest, ACancelledDeniedCallGetsNoAnswer) {
  h_.Client(Call("1", "deny_me"));
  h_.Client(Cancel("1"));
  h_.AnswerAll();
  EXPECT_THAT(h_.to_server, IsEmpty());
  EXPECT_THAT(h_.to_client, IsEmpty());
}

TEST_F(EnforcerTest, ACancelReachesTheServerOnlyForAnOpenRequest) {
  h_.Client(Request("1", "ping"));
  h_.Client(Cancel(R"("1")"));
  h_.Client(Cancel("2"));
  h_.Client(Cancel("1.0"));
  h_.Client(Notify("notifications/cancelled"));
  EXPECT_THAT(h_.to_server, ElementsAre(Request("1", "ping")));
  h_.Client(Cancel("1"));
  EXPECT_THAT(h_.to_server, ElementsAre(Request("1", "ping"), Cancel("1")));
  EXPECT_EQ(h_.enforcer->open_requests(), 0U);
}

TEST_F(EnforcerTest, ALateListNeverPassesForTheAnswerToALaterRequest) {
  h_.Client(Request("1", "tools/list"));
  h_.Client(Cancel("1"));
  h_.TakeToServer();
  h_.Client(Request("1", "ping"));
  EXPECT_THAT(h_.to_server, IsEmpty()) << "the id is in use until the server answers";
  h_.TakeToClient();
  h_.Server(ToolList("1", {"read", "deny_me"}));
  h_.AnswerAll();
  EXPECT_THAT(h_.to_client, ElementsAre(ToolList("1", {"read"})));
}

TEST(EnforcerCancelledTest, CancelledRequestsDoNotFillTheTable) {
  EnforcerOptions options;
  options.max_open_requests = 3;
  EnforcerHarness h(options);
  h.Initialize();
  for (int i = 0; i < 10; ++i) {
    h.Client(Request(std::to_string(i), "ping"));
    h.Client(Cancel(std::to_string(i)));
  }
  EXPECT_THAT(h.to_client, IsEmpty());
  EXPECT_THAT(h.to_server, SizeIs(20));
  EXPECT_EQ(h.enforcer->open_requests(), 0U);
}

TEST(EnforcerCancelledTest, ACancelledListIsNotForgottenToMakeRoom) {
  EnforcerOptions options;
  options.max_open_requests = 2;
  EnforcerHarness h(options);
  h.Initialize();
  h.Client(Request("1", "tools/list"));
  h.Client(Cancel("1"));
  h.Client(Request("2", "ping"));
  h.Client(Cancel("2"));
  h.Client(Request("3", "ping"));
  h.Client(Request("4", "ping"));
  EXPECT_THAT(h.to_client, IsEmpty());
  h.Client(Request("5", "ping"));
  EXPECT_THAT(h.TakeToClient(), ElementsAre(HasSubstr(R"("id":5,"error":{"code":4290)")));
  h.Client(Request("1", "ping"));
  EXPECT_THAT(h.TakeToClient(), ElementsAre(HasSubstr("in use")));
  h.Server(ToolList("1", {"read", "deny_me"}));
  h.AnswerAll();
  EXPECT_THAT(h.to_client, ElementsAre(ToolList("1", {"read"})));
}

TEST(EnforcerCancelledTest, CancelledListsThatGetNoAnswerLeaveRoomForOthers) {
  EnforcerOptions options;
  options.max_open_requests = 2;
  EnforcerHarness h(options);
  h.Initialize();
  for (int i = 0; i < 2; ++i) {
    h.Client(Request(std::to_string(i), "tools/list"));
    h.Client(Cancel(std::to_string(i)));
  }
  h.TakeToServer();
  // No more of them can be remembered: the server does not hear of the third cancel, so that its
  // answer closes the request.
  h.Client(Request("2", "tools/list"));
  h.Client(Cancel("2"));
  EXPECT_THAT(h.TakeToServer(), ElementsAre(Request("2", "tools/list")));
  h.Client(Call("3", "read"));
  h.AnswerAll();
  EXPECT_THAT(h.TakeToServer(), ElementsAre(Call("3", "read")));
  h.Server(ToolList("2", {}));
  h.Client(Request("4", "ping"));
  EXPECT_THAT(h.to_server, ElementsAre(Request("4", "ping")));
}

// The initialize result.

struct InitializeCase {
  const char* before;
  const char* after;
};

class InitializeTest : public ::testing::TestWithParam<InitializeCase> {};

TEST_P(InitializeTest, PromisesListChangedForItsListsAndChangesNothingElse) {
  EnforcerHarness h;
  h.Present(1);
  h.enforcer->Start(h.now);
  h.AnswerAll();
  h.Client(Request("0", "initialize"));
  const auto line = [](absl::string_view result) {
    return absl::StrCat(R"({"id":0 ,"result":)", result, R"(,"jsonrpc":"2.0"})");
  };
  h.Server(line(GetParam().before));
  EXPECT_THAT(h.to_client, ElementsAre(line(GetParam().after)));
}

INSTANTIATE_TEST_SUITE_P(
    Results, InitializeTest,
    ::testing::Values(
        InitializeCase{R"({"capabilities":{"tools":{}}})",
                       R"({"capabilities":{"tools":{"listChanged":true}}})"},
        InitializeCase{R"({"capabilities":{"tools": { "x" : 1e5 } , "b":2}})",
                       R"({"capabilities":{"tools": {"listChanged":true, "x" : 1e5 } , "b":2}})"},
        InitializeCase{R"({"capabilities":{"tools":{"listChanged": false }}})",
                       R"({"capabilities":{"tools":{"listChanged": true }}})"},
        InitializeCase{R"({"capabilities":{"tools":{"listChanged":true}}})",
                       R"({"capabilities":{"tools":{"listChanged":true}}})"},
        InitializeCase{R"({"capabilities":{"prompts":{},"x":{},"resources":{"subscribe":true}}})",
                       R"({"capabilities":{"prompts":{"listChanged":true},"x":{},)"
                       R"("resources":{"listChanged":true,"subscribe":true}}})"},
        InitializeCase{R"({"capabilities":{"logging":{}}})", R"({"capabilities":{"logging":{}}})"},
        InitializeCase{R"({"capabilities":{"tools":null}})", R"({"capabilities":{"tools":null}})"},
        InitializeCase{R"({})", R"({})"}));

TEST(InitializeResultTest, IsWithheldWhereItCannotBeReadAlikeByAll) {
  for (const char* result :
       {R"([])", R"(null)", R"({"capabilities":[]})", R"({"capabilities":{"tools":[]}})",
        R"({"capabilities":{"tools":{}},"Capabilities":{}})",
        R"({"capabilities":{"tools":{},"tools":{}}})",
        R"({"capabilities":{"tools":{},"TOOLS":{}}})",
        R"({"capabilities":{"tools":{"listChanged":true,"listchanged":false}}})"}) {
    EnforcerHarness h;
    h.Present(1);
    h.enforcer->Start(h.now);
    h.AnswerAll();
    h.Client(Request("0", "initialize"));
    h.Server(absl::StrCat(R"({"jsonrpc":"2.0","id":0,"result":)", result, "}"));
    EXPECT_THAT(h.to_client, ElementsAre(HasSubstr(R"("id":0,"error":{"code":5021,)"))) << result;
  }
}

// Lists.

TEST_F(EnforcerTest, WithholdsAListThatItCannotRead) {
  for (const char* result :
       {R"([])", R"({})", R"({"tools":{}})", R"({"tools":[1]})", R"({"tools":[{}]})",
        R"({"tools":[{"name":1}]})", R"({"tools":[{"name":"a","name":"b"}]})",
        R"({"tools":[{"name":"a","Name":"b"}]})", R"({"tools":[{"name":"a\u0000"}]})",
        R"({"tools":[{"name":"\ud800"}]})", R"({"tools":[],"tools":[{"name":"a"}]})",
        R"({"tools":[],"toolſ":[{"name":"a"}]})", R"({"tools":[],"tools\u0000":[]})"}) {
    h_.Client(Request("1", "tools/list"));
    h_.Server(absl::StrCat(R"({"jsonrpc":"2.0","id":1,"result":)", result, "}"));
    h_.AnswerAll();
    EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("id":1,"error":{"code":5021,)")))
        << result;
  }
  EXPECT_EQ(h_.enforcer->open_requests(), 0U);
}

TEST_F(EnforcerTest, PassesAnErrorInPlaceOfAList) {
  const std::string error = R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}})";
  h_.Client(Request("1", "tools/list"));
  h_.Server(error);
  EXPECT_THAT(h_.to_client, ElementsAre(error));
}

TEST_F(EnforcerTest, FiltersFromTheCacheAtOnce) {
  h_.Client(Request("1", "tools/list"));
  h_.Server(ToolList("1", {"read", "deny_me"}));
  h_.AnswerAll();
  h_.Client(Request("2", "tools/list"));
  h_.Server(ToolList("2", {"deny_me", "read"}));
  EXPECT_THAT(h_.source.open, IsEmpty());
  EXPECT_THAT(h_.to_client, ElementsAre(ToolList("1", {"read"}), ToolList("2", {"read"})));
}

// Lines that cannot be read, and the end of the server.

TEST_F(EnforcerTest, ClosesTheRequestWhoseAnswerCannotBeRead) {
  h_.Client(Request("1", "ping"));
  h_.Server(R"({"jsonrpc":"1.0","id":1,"result":{}})");
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("id":1,"error":{"code":5021,)")));
  h_.Client(Request("1", "ping"));
  h_.Server(R"({"jsonrpc":"2.0","id":1,"result":{},"result":{}})");  // which result?
  h_.Server("Server listening on stdio");
  h_.Server(R"([{"jsonrpc":"2.0","id":1,"result":{}}])");
  EXPECT_THAT(h_.to_client, IsEmpty());
  h_.Server(Result("1"));
  EXPECT_THAT(h_.to_client, ElementsAre(Result("1")));
}

TEST_F(EnforcerTest, AnUnreadableAnswerToWhatTheServerHasNotToAnswerClosesNothing) {
  const std::string unreadable = R"({"jsonrpc":"2.0","id":1,"result":{},"x":1,"x":1})";
  h_.Client(Call("1", "read"));  // waits
  h_.Server(unreadable);
  EXPECT_THAT(h_.TakeToClient(), IsEmpty());
  h_.AnswerAll();
  EXPECT_THAT(h_.TakeToServer(), ElementsAre(Call("1", "read")));
  h_.Server(Result("1"));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(Result("1")));

  h_.Client(Request("1", "tools/list"));
  h_.Server(ToolList("1", {"a"}));  // its decisions are asked for
  h_.Server(unreadable);
  EXPECT_THAT(h_.TakeToClient(), IsEmpty());
  h_.AnswerAll();
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(ToolList("1", {"a"})));
}

TEST_F(EnforcerTest, AnswersALineThatIsTooLong) {
  constexpr absl::string_view kHead = R"({"jsonrpc":"2.0","id":5,"method":"tools/call","par)";
  h_.enforcer->OnClientLineTooLong(kHead, "aa", h_.now);
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("id":5,"error":{"code":-32600,)")));
  h_.enforcer->OnClientLineTooLong(R"({"method":"tools/call","params":{"na)",
                                   R"(aaa"},"jsonrpc":"2.0","id":6})", h_.now);
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("id":6,"error":{"code":-32600,)")));
  h_.Client(Request("5", "ping"));
  h_.enforcer->OnClientLineTooLong(kHead, "", h_.now);
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("id":null,"error":{"code":-32600,)")));
}

TEST_F(EnforcerTest, AnswersInPlaceOfAServersLineThatIsTooLong) {
  for (const auto& [head, tail] : std::vector<std::pair<std::string, std::string>>{
           {R"({"jsonrpc":"2.0","id":5,"result":{"con)", "\"}]}}"},
           {R"({"result":{"content":[{"ty)", R"("}]},"jsonrpc":"2.0","id":5})"},
       }) {
    h_.Client(Request("5", "ping"));
    h_.enforcer->OnServerLineTooLong(R"({"jsonrpc":"2.0","id":5,"method":"sampling)", tail, h_.now);
    EXPECT_THAT(h_.to_client, IsEmpty());
    h_.enforcer->OnServerLineTooLong(head, tail, h_.now);
    EXPECT_THAT(h_.TakeToClient(),
                ElementsAre(AllOf(HasSubstr(R"("id":5,"error":{"code":5021,)"),
                                  HasSubstr("withheld: the line has more than 16777216 bytes "
                                            "(--max-line-bytes)."))));
    EXPECT_EQ(h_.enforcer->open_requests(), 0U);
  }
}

TEST_F(EnforcerTest, AnswersInPlaceOfAServersLineThatIsNotJson) {
  h_.Client(Request("5", "ping"));
  h_.Server(R"({"result":{"n":NaN},"jsonrpc":"2.0","id":5})");
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("id":5,"error":{"code":5021,)")));
}

TEST_F(EnforcerTest, EveryOpenRequestGetsAnErrorWhenTheServerIsGone) {
  h_.Client(Request("1", "ping"));
  h_.Client(Call("2", "read"));           // waits
  h_.Client(Request("3", "tools/list"));  // its answer waits
  h_.Server(ToolList("3", {"a"}));
  h_.Client(Request("4", "ping"));
  h_.Client(Cancel("4"));
  h_.TakeToServer();
  EXPECT_EQ(h_.enforcer->waiting(), 2U);
  EXPECT_EQ(h_.enforcer->waiting_from_server(), 1U);
  h_.enforcer->OnServerGone("it exited with status 1");
  EXPECT_THAT(h_.TakeToClient(),
              UnorderedElementsAre(
                  AllOf(HasSubstr(R"("id":1,"error":{"code":5020,)"), HasSubstr("status 1")),
                  HasSubstr(R"("id":2,"error":{"code":5020,)"),
                  HasSubstr(R"("id":3,"error":{"code":5020,)")));
  EXPECT_EQ(h_.enforcer->waiting(), 0U);
  EXPECT_EQ(h_.enforcer->waiting_from_server(), 0U);
  EXPECT_EQ(h_.enforcer->open_requests(), 0U);
  h_.AnswerAll();
  h_.enforcer->OnServerGone("again");
  EXPECT_THAT(h_.to_client, IsEmpty());
  h_.Client(Request("5", "ping"));
  h_.Client(Notify("notifications/x"));
  EXPECT_THAT(h_.to_client, ElementsAre(AllOf(HasSubstr(R"("id":5,"error":{"code":5020,)"),
                                              HasSubstr("status 1"))));
  EXPECT_THAT(h_.to_server, IsEmpty());
}

// It closed its end and does not wait; what is still ours to answer is answered.
TEST_F(EnforcerTest, AClientThatHasEndedHearsNothingOfWhatTheServerLeftOpen) {
  h_.Client(Request("1", "ping"));
  h_.Client(Call("2", "read"));  // waits
  h_.enforcer->OnServerGone("it left", Enforcer::ClientInput::kEnded);
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr(R"("id":2,"error":{"code":5020,)")));
  EXPECT_EQ(h_.enforcer->open_requests(), 0U);
}

TEST(EnforcerStartTest, AServerThatCannotBeStartedIsAnError) {
  EnforcerHarness h;
  h.on_start_server = [&h] { h.enforcer->OnServerGone("no such file"); };
  h.Present(1);
  h.Client(Request("1", "initialize"));
  h.Client(Call("2", "read"));
  h.AnswerAll();
  EXPECT_THAT(h.to_client, UnorderedElementsAre(HasSubstr(R"("id":1,"error":{"code":5020,)"),
                                                HasSubstr(R"("id":2,"error":{"code":5020,)")));
  EXPECT_THAT(h.to_server, IsEmpty());
}

}  // namespace
}  // namespace ostiary::sidecar
