// list_changed for exactly the lists that a reload changed: by notification where the session began
// with initialize, on the listen streams that asked in revision 2026-07-28.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sidecar/core/listen_streams.h"
#include "sidecar/core/shown_lists.h"
#include "tests/sidecar/core/enforcer_harness.h"

namespace ostiary::sidecar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;

std::string Changed(absl::string_view list) {
  return Notify(absl::StrCat("notifications/", list, "/list_changed"));
}

std::string Stamped(absl::string_view list, absl::string_view id) {
  return absl::StrCat(
      R"({"jsonrpc":"2.0","method":"notifications/)", list,
      R"(/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":)", id, "}}}");
}

std::string Listen(absl::string_view id, absl::string_view wanted) {
  return absl::StrCat(R"({"jsonrpc":"2.0","id":)", id,
                      R"(,"method":"subscriptions/listen","params":{"notifications":{)", wanted,
                      "}}}");
}

std::string Acknowledged(absl::string_view id, absl::string_view honoured) {
  return absl::StrCat(
      R"({"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{)",
      R"("notifications":{)", honoured, R"(},"_meta":{"io.modelcontextprotocol/subscriptionId":)",
      id, "}}}");
}

class ListChangesTest : public ::testing::Test {
 protected:
  void Begin() {
    h_.Present(1);
    h_.enforcer->Start(h_.now);
    h_.AnswerAll();
  }

  void Initialize(absl::string_view capabilities) {
    Begin();
    h_.Client(Request("0", "initialize"));
    h_.Server(
        absl::StrCat(R"({"jsonrpc":"2.0","id":0,"result":{"capabilities":)", capabilities, "}}"));
    h_.TakeToClient();
  }

  // The client asks for a list and gets it.
  void List(absl::string_view method, absl::string_view result, absl::string_view params = "{}") {
    h_.Client(absl::StrCat(R"({"jsonrpc":"2.0","id":"l","method":")", method, R"(","params":)",
                           params, "}"));
    h_.AnswerAll();
    h_.Server(absl::StrCat(R"({"jsonrpc":"2.0","id":"l","result":)", result, "}"));
    h_.AnswerAll();
    h_.TakeToClient();
  }

  // What the client hears of a reload after which `denied` is all that is denied.
  std::vector<std::string> Reload(const std::vector<std::string>& denied) {
    h_.policy = [denied](const Access& access) {
      for (const std::string& name : denied) {
        if (access.name == name) return false;
      }
      return true;
    };
    h_.Present(h_.generation + 1);
    h_.AnswerAll();
    return h_.TakeToClient();
  }

  EnforcerHarness h_;
};

constexpr absl::string_view kAll = R"({"tools":{},"prompts":{},"resources":{}})";

TEST_F(ListChangesTest, ExactlyTheListsThatAReloadChangedAreTold) {
  Initialize(kAll);
  List("tools/list", R"({"tools":[{"name":"t"},{"name":"u"}]})");
  List("prompts/list", R"({"prompts":[{"name":"p"}]})");
  List("resources/list", R"({"resources":[{"uri":"r://1"}]})");
  List("resources/templates/list", R"({"resourceTemplates":[{"uriTemplate":"r://{x}"}]})");
  EXPECT_THAT(Reload({"something else"}), IsEmpty());
  EXPECT_THAT(Reload({"t"}), ElementsAre(Changed("tools")));
  EXPECT_THAT(Reload({"t"}), IsEmpty()) << "that one changed nothing";
  EXPECT_THAT(Reload({"u"}), ElementsAre(Changed("tools")));
  EXPECT_THAT(Reload({"u", "p"}), ElementsAre(Changed("prompts")));
  EXPECT_THAT(Reload({"u", "p", "r://1"}), ElementsAre(Changed("resources")));
  EXPECT_THAT(Reload({"u", "p", "r://1", "r://{x}"}), ElementsAre(Changed("resources")));
  EXPECT_THAT(Reload({}),
              UnorderedElementsAre(Changed("tools"), Changed("prompts"), Changed("resources")));
}

TEST_F(ListChangesTest, AListThatTheClientHasNotSeenDidNotChangeForIt) {
  Initialize(kAll);
  List("tools/list", R"({"tools":[{"name":"t"}]})");
  EXPECT_THAT(Reload({"p", "r://1"}), IsEmpty());
}

TEST_F(ListChangesTest, AllPagesOfAListCount) {
  Initialize(kAll);
  List("tools/list", R"({"tools":[{"name":"t"}],"nextCursor":"2"})");
  List("tools/list", R"({"tools":[{"name":"u"}]})", R"({"cursor":"2"})");
  EXPECT_THAT(Reload({"t"}), ElementsAre(Changed("tools")));
  EXPECT_THAT(Reload({"t", "u"}), ElementsAre(Changed("tools")));
  List("tools/list", R"({"tools":[{"name":"v"}]})");  // from the beginning: t and u are gone
  EXPECT_THAT(Reload({}), IsEmpty());
  EXPECT_THAT(Reload({"v"}), ElementsAre(Changed("tools")));
}

TEST_F(ListChangesTest, ANullCursorIsTheFirstPage) {
  Initialize(kAll);
  List("tools/list", R"({"tools":[{"name":"t"}]})", R"({"cursor":null})");
  List("tools/list", R"({"tools":[{"name":"u"}]})", R"({"cursor":null})");
  EXPECT_THAT(Reload({"t"}), IsEmpty());
}

TEST_F(ListChangesTest, AResourceCountsInAllItsSpellings) {
  Initialize(kAll);
  List("resources/list", R"({"resources":[{"uri":"file:///a%20b"}]})");
  EXPECT_THAT(Reload({"file:///a b"}), ElementsAre(Changed("resources")));
}

TEST_F(ListChangesTest, WhereItCannotBeKnownTheListCountsAsChanged) {
  Initialize(kAll);
  List("tools/list", R"({"tools":[{"name":"t"}]})");
  h_.Present(2);  // and no answers
  h_.Advance(std::chrono::seconds(1));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(Changed("tools")));
  h_.Present(3);
  h_.AnswerAll();
  EXPECT_THAT(Reload({"t"}), ElementsAre(Changed("tools")));
  h_.Present(h_.generation + 1);
  h_.Advance(std::chrono::seconds(1));
  EXPECT_THAT(h_.to_client, ElementsAre(Changed("tools"))) << "it may be allowed again";
}

TEST_F(ListChangesTest, AListThatIsTooLongToBeRememberedCountsAsChanged) {
  Initialize(kAll);
  std::string names = R"({"name":"t"})";
  for (size_t i = 1; i < ShownLists::kMaxNames; ++i) {
    absl::StrAppend(&names, R"(,{"name":")", i, R"("})");
  }
  List("tools/list", absl::StrCat(R"({"tools":[)", names, R"(],"nextCursor":"2"})"));
  EXPECT_THAT(Reload({"something else"}), IsEmpty());
  List("tools/list", R"({"tools":[{"name":"u"}]})", R"({"cursor":"2"})");
  EXPECT_THAT(Reload({"something else again"}), ElementsAre(Changed("tools")));
}

// Replicas take turns: each session may be with another one of them.
TEST_F(ListChangesTest, AnEqualPolicyOfAnotherPdpChangesNoList) {
  Initialize(kAll);
  List("tools/list", R"({"tools":[{"name":"t"}]})");
  h_.Present(1, std::chrono::seconds(15), "another");
  EXPECT_THAT(h_.source.open, IsEmpty());
  h_.Advance(std::chrono::seconds(1));
  EXPECT_THAT(h_.to_client, IsEmpty());
  EXPECT_EQ(h_.source.acknowledged.back(), h_.Rev(1, "another"));
}

TEST_F(ListChangesTest, WhoWasPromisedNothingIsToldNothing) {
  Initialize(R"({"prompts":{}})");
  List("tools/list", R"({"tools":[{"name":"t"}]})");
  EXPECT_THAT(Reload({"t"}), IsEmpty());
}

// Revision 2026-07-28.

TEST_F(ListChangesTest, AStreamHearsWhatItAskedFor) {
  Begin();
  h_.Client(Listen("\"s\"", R"("toolsListChanged":true,"promptsListChanged":false)"));
  h_.Server(Acknowledged("\"s\"", R"("toolsListChanged":true)"));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(Acknowledged("\"s\"", R"("toolsListChanged":true)")));
  List("tools/list", R"({"tools":[{"name":"t"}]})");
  List("prompts/list", R"({"prompts":[{"name":"p"}]})");
  EXPECT_THAT(Reload({"p"}), IsEmpty());
  EXPECT_THAT(Reload({"t"}), ElementsAre(Stamped("tools", "\"s\"")));
}

TEST_F(ListChangesTest, EachStreamIsStampedWithItsOwnId) {
  Begin();
  for (const char* id : {"1", "\"1\""}) {
    h_.Client(Listen(id, R"("toolsListChanged":true)"));
    h_.Server(Acknowledged(id, R"("toolsListChanged":true)"));
  }
  List("tools/list", R"({"tools":[{"name":"t"}]})");
  EXPECT_THAT(Reload({"t"}),
              UnorderedElementsAre(Stamped("tools", "1"), Stamped("tools", "\"1\"")));
}

TEST_F(ListChangesTest, WhereTheServerPromisesLessTheSidecarPromisesTheRest) {
  Begin();
  h_.Client(Request("0", "server/discover"));
  h_.Server(
      R"({"jsonrpc":"2.0","id":0,"result":{"capabilities":{"tools":{},"resources":{}},"resultType":"complete"}})");
  EXPECT_THAT(
      h_.TakeToClient(),
      ElementsAre(
          R"({"jsonrpc":"2.0","id":0,"result":{"capabilities":{"tools":{"listChanged":true},"resources":{"listChanged":true}},"resultType":"complete"}})"));
  h_.Client(Listen("1", R"("toolsListChanged":true,"promptsListChanged":true)"));
  h_.Server(Acknowledged("1", ""));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(Acknowledged("1", R"("toolsListChanged":true)")))
      << "it has no prompts";
  List("tools/list", R"({"tools":[{"name":"t"}]})");
  EXPECT_THAT(Reload({"t"}), ElementsAre(Stamped("tools", "1")));
}

// The server says what a stream will hear, and the sidecar adds the lists that the server has.
TEST_F(ListChangesTest, AStreamHearsNothingThatWasNotPromised) {
  const std::string honoured = R"("toolsListChanged":true,"promptsListChanged":false)";
  Begin();
  h_.Client(Request("0", "server/discover"));
  h_.Server(R"({"jsonrpc":"2.0","id":0,"result":{"capabilities":{"tools":{}}}})");
  h_.TakeToClient();
  h_.Client(Listen("1", R"("toolsListChanged":true,"promptsListChanged":true)"));
  h_.Server(Acknowledged("1", honoured));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(Acknowledged("1", honoured)));
  List("tools/list", R"({"tools":[{"name":"t"}]})");
  List("prompts/list", R"({"prompts":[{"name":"p"}]})");
  EXPECT_THAT(Reload({"p"}), IsEmpty());
  EXPECT_THAT(Reload({"t", "p"}), ElementsAre(Stamped("tools", "1")));
}

TEST_F(ListChangesTest, AStreamBeginsWithItsAcknowledgement) {
  Begin();
  List("tools/list", R"({"tools":[{"name":"t"}]})");
  h_.Client(Listen("1", R"("toolsListChanged":true)"));
  EXPECT_THAT(Reload({"t"}), IsEmpty());
  h_.Server(Acknowledged("1", R"("toolsListChanged":true)"));
  EXPECT_THAT(h_.to_client,
              ElementsAre(Acknowledged("1", R"("toolsListChanged":true)"), Stamped("tools", "1")));
}

TEST_F(ListChangesTest, WhatItsAcknowledgementDoesNotPromiseIsNotOwedToAStream) {
  Begin();
  h_.Client(Request("0", "server/discover"));
  h_.Server(R"({"jsonrpc":"2.0","id":0,"result":{"capabilities":{"prompts":{}}}})");
  List("tools/list", R"({"tools":[{"name":"t"}]})");
  h_.Client(Listen("1", R"("toolsListChanged":true)"));
  EXPECT_THAT(Reload({"t"}), IsEmpty());
  h_.Server(Acknowledged("1", ""));
  EXPECT_THAT(h_.to_client, ElementsAre(Acknowledged("1", "")));
}

TEST_F(ListChangesTest, WhatIsOwedToAStreamIsToldOnce) {
  const std::string acknowledged = Acknowledged("1", R"("toolsListChanged":true)");
  Begin();
  List("tools/list", R"({"tools":[{"name":"t"}]})");
  h_.Client(Listen("1", R"("toolsListChanged":true)"));
  EXPECT_THAT(Reload({"t"}), IsEmpty());
  h_.Server(acknowledged);
  h_.TakeToClient();
  h_.Server(acknowledged);
  EXPECT_THAT(h_.to_client, ElementsAre(acknowledged));
}

TEST_F(ListChangesTest, SoManyStreamsAreToldAndAnotherOnceOneHasEnded) {
  const auto listen = [this](size_t id) {
    const std::string text = absl::StrCat(id);
    h_.Client(Listen(text, R"("toolsListChanged":true)"));
    h_.AnswerAll();
    h_.Server(Acknowledged(text, R"("toolsListChanged":true)"));
    h_.TakeToClient();
  };
  Begin();
  List("tools/list", R"({"tools":[{"name":"t"}]})");
  std::vector<std::string> told;
  for (size_t id = 0; id < ListenStreams::kMaxStreams; ++id) {
    listen(id);
    told.push_back(Stamped("tools", absl::StrCat(id)));
  }
  listen(ListenStreams::kMaxStreams);
  EXPECT_THAT(Reload({"t"}), UnorderedElementsAreArray(told));
  h_.Server(Result("0"));
  h_.TakeToClient();
  listen(ListenStreams::kMaxStreams + 1);
  told[0] = Stamped("tools", absl::StrCat(ListenStreams::kMaxStreams + 1));
  EXPECT_THAT(Reload({}), UnorderedElementsAreArray(told));
}

TEST_F(ListChangesTest, AStreamThatHasEndedHearsNothing) {
  const std::vector<std::string> ends = {
      absl::StrCat("c", Cancel("1")),                                     // by the client
      absl::StrCat("s", Cancel("1")),                                     // by the server
      absl::StrCat("s", Result("1")),                                     // gracefully
      R"(s{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}})",  // refused
      R"(s{"jsonrpc":"2.0","id":1,"result":{},"x":1,"x":1})"  // by an answer that is withheld
  };
  Begin();
  std::vector<std::string> denied;
  List("tools/list", R"({"tools":[{"name":"t"}]})");
  for (const std::string& end : ends) {
    h_.Client(Listen("1", R"("toolsListChanged":true)"));
    h_.AnswerAll();
    h_.Server(Acknowledged("1", R"("toolsListChanged":true)"));
    if (end[0] == 'c') {
      h_.Client(end.substr(1));
    } else {
      h_.Server(end.substr(1));
    }
    h_.TakeToClient();
    denied = denied.empty() ? std::vector<std::string>{"t"} : std::vector<std::string>();
    EXPECT_THAT(Reload(denied), IsEmpty()) << end;
    if (end[0] == 'c') h_.Server(Result("1"));  // and so the id is free
    EXPECT_EQ(h_.enforcer->open_requests(), 0U) << end;
  }
}

TEST_F(ListChangesTest, NoStreamOutlivesTheServer) {
  Begin();
  List("tools/list", R"({"tools":[{"name":"t"}]})");
  h_.Client(Listen("1", R"("toolsListChanged":true)"));
  h_.Server(Acknowledged("1", R"("toolsListChanged":true)"));
  h_.enforcer->OnServerGone("gone");
  h_.TakeToClient();
  EXPECT_THAT(Reload({"t"}), IsEmpty());
}

TEST_F(ListChangesTest, NoListOfAServerThatIsGoneChanges) {
  Initialize(kAll);
  List("tools/list", R"({"tools":[{"name":"t"}]})");
  h_.enforcer->OnServerGone("gone");
  EXPECT_THAT(Reload({"t"}), IsEmpty());
}

// The memory of it.

TEST(ShownListsTest, AListPastTheBoundsCountsAsChanged) {
  ShownLists shown;
  std::vector<Access> accesses;
  for (size_t i = 0; i <= ShownLists::kMaxNames; ++i) {
    accesses.push_back({AccessKind::kTool, absl::StrCat(i)});
  }
  const std::vector<bool> allowed(accesses.size(), true);
  const std::vector<Need> needs(accesses.size(), Need::kAllowed);
  shown.Record(ListKind::kTools, Page::kFirst, accesses, needs, allowed);
  EXPECT_TRUE(shown.overflowed(ListGroup::kTools));
  EXPECT_THAT(shown.Names(ListGroup::kTools), IsEmpty());
  EXPECT_FALSE(shown.overflowed(ListGroup::kPrompts));
  accesses.resize(1);
  shown.Record(ListKind::kTools, Page::kFirst, accesses, needs, allowed);
  EXPECT_FALSE(shown.overflowed(ListGroup::kTools));
  EXPECT_EQ(shown.Names(ListGroup::kTools).size(), 1U);
}

TEST(ShownListsTest, TheNamesOfAListHaveSoManyBytes) {
  ShownLists shown;
  const std::vector<Access> page = {
      {AccessKind::kTool, std::string(ShownLists::kMaxNameBytes - 1, 't')},
      {AccessKind::kTool, "u"}};
  shown.Record(ListKind::kTools, Page::kFirst, page, {Need::kAllowed, Need::kAllowed},
               {true, true});
  EXPECT_FALSE(shown.overflowed(ListGroup::kTools));
  EXPECT_EQ(shown.Names(ListGroup::kTools).size(), 2U);
  shown.Record(ListKind::kTools, Page::kFurther, {{AccessKind::kTool, "v"}}, {Need::kAllowed},
               {true});
  EXPECT_TRUE(shown.overflowed(ListGroup::kTools));
}

TEST(ShownListsTest, ANameIsDecidedAnewAsWhatItIs) {
  ShownLists shown;
  const auto record = [&shown](ListKind list, AccessKind kind, Need need) {
    shown.Record(list, Page::kFirst, {{kind, "n"}}, {need}, {true});
  };
  record(ListKind::kPrompts, AccessKind::kPrompt, Need::kAllowed);
  record(ListKind::kTemplates, AccessKind::kResource, Need::kNotDenied);
  const std::vector<NeededAccess> prompts = shown.Names(ListGroup::kPrompts);
  ASSERT_EQ(prompts.size(), 1U);
  EXPECT_EQ(prompts[0].access.kind, AccessKind::kPrompt);
  EXPECT_EQ(prompts[0].need, Need::kAllowed);
  const std::vector<NeededAccess> resources = shown.Names(ListGroup::kResources);
  ASSERT_EQ(resources.size(), 1U);
  EXPECT_EQ(resources[0].access.kind, AccessKind::kResource);
  EXPECT_EQ(resources[0].need, Need::kNotDenied);
}

// `file:///a b` beside `file:///a%20b`: each is a spelling of the other.
TEST(ShownListsTest, OfTwoNeedsOfANameTheStricterCounts) {
  const Access access = {AccessKind::kResource, "file:///a%20b"};
  for (const std::vector<Need>& needs : {std::vector<Need>{Need::kNotDenied, Need::kAllowed},
                                         std::vector<Need>{Need::kAllowed, Need::kNotDenied}}) {
    ShownLists shown;
    // It is neither allowed nor denied.
    const std::vector<bool> given = {needs[0] == Need::kNotDenied, needs[1] == Need::kNotDenied};
    shown.Record(ListKind::kResources, Page::kFirst, {access, access}, needs, given);
    const std::vector<NeededAccess> names = shown.Names(ListGroup::kResources);
    ASSERT_EQ(names.size(), 1U);
    EXPECT_EQ(names[0].need, Need::kAllowed);
    EXPECT_FALSE(shown.Update(ListGroup::kResources, {access}, {false}));
    EXPECT_TRUE(shown.Update(ListGroup::kResources, {access}, {true}));
  }
}

}  // namespace
}  // namespace ostiary::sidecar
