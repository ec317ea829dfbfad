// The enforcer from outside: who gets which line. Stories of one message each; what depends on the
// source's moods is in enforcer_source_test.cc.
#include "sidecar/core/enforcer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sidecar/core/enforcer_harness.h"

namespace ostiary::sidecar {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

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

}  // namespace
}  // namespace ostiary::sidecar
