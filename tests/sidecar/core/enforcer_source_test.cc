// The enforcer and the moods of its decision source: revisions, leases, silence, nonsense. In doubt
// it denies, and says that no decision could be had.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "absl/strings/str_cat.h"
#include "tests/sidecar/core/enforcer_harness.h"

namespace ostiary::sidecar {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::string_view kListChanged =
    R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed"})";

auto Undecided(absl::string_view id, absl::string_view reason) {
  return AllOf(HasSubstr(absl::StrCat("\"id\":", id, ",")), HasSubstr(R"("outcome":"undecided")"),
               HasSubstr(absl::StrCat("\"reason\":\"", reason, "\"")));
}

auto Denied(absl::string_view id) {
  return AllOf(HasSubstr(absl::StrCat("\"id\":", id, ",")), HasSubstr(R"("outcome":"denied")"));
}

class EnforcerSourceTest : public ::testing::Test {
 protected:
  EnforcerSourceTest() { h_.Initialize(); }

  // To the oldest question, which stays open, with so many verdicts that are all alike.
  SourceAnswer AnswerToOldest(bool allowed, size_t verdicts = 1) const {
    SourceAnswer answer;
    answer.id = h_.source.open.front().id;
    answer.revision = EnforcerHarness::Rev(1);
    answer.verdicts.resize(verdicts);
    for (Verdict& verdict : answer.verdicts) verdict.allowed = allowed;
    return answer;
  }

  EnforcerHarness h_;
};

TEST_F(EnforcerSourceTest, UsesADecisionAgainUnderItsRevision) {
  h_.Client(Call("1", "read"));
  h_.AnswerAll();
  const size_t asks = h_.source.asks;
  h_.Client(Call("2", "read"));
  EXPECT_THAT(h_.to_server, ElementsAre(Call("1", "read"), Call("2", "read")));
  EXPECT_EQ(h_.source.asks, asks);
}

TEST_F(EnforcerSourceTest, ReportsHowItsCacheFaredWithTheNextEvent) {
  h_.Present(1);
  h_.source.reported.clear();  // what Initialize needed
  h_.Client(Call("1", "read"));
  h_.Client(Call("2", "read"));  // waits for the same answer
  h_.AnswerAll();
  h_.Client(Call("3", "read"));
  h_.Client(Call("4", "deny_me"));
  h_.AnswerAll();
  h_.Client(Call("5", "deny_me"));
  EXPECT_THAT(h_.source.reported, IsEmpty());
  h_.Present(1);
  ASSERT_THAT(h_.source.reported, SizeIs(1));
  EXPECT_EQ(h_.source.reported[0].hits, 2U);
  EXPECT_EQ(h_.source.reported[0].misses, 3U);

  h_.Present(1);
  EXPECT_THAT(h_.source.reported, SizeIs(1)) << "nothing was decided since";
  h_.Client(Call("6", "read"));
  h_.Present(2);
  ASSERT_THAT(h_.source.reported, SizeIs(2));
  EXPECT_EQ(h_.source.reported[1].hits, 1U);
  EXPECT_EQ(h_.source.reported[1].misses, 0U);
}

TEST_F(EnforcerSourceTest, SharesOneAskAndKeepsTheOrder) {
  const size_t asks = h_.source.asks;
  h_.Client(Call("1", "read"));
  h_.Client(Call("2", "write"));
  h_.Client(Call("3", "read"));
  h_.Client(Call("4", "deny_me"));
  EXPECT_EQ(h_.source.asks - asks, 3U);
  EXPECT_EQ(h_.enforcer->waiting(), 4U);
  EXPECT_EQ(h_.enforcer->open_requests(), 4U);
  h_.AnswerAll();
  EXPECT_THAT(h_.to_server, ElementsAre(Call("1", "read"), Call("3", "read"), Call("2", "write")));
  EXPECT_THAT(h_.to_client, ElementsAre(Denied("4")));
  EXPECT_EQ(h_.enforcer->waiting(), 0U);
  EXPECT_EQ(h_.enforcer->open_requests(), 3U);
}

TEST_F(EnforcerSourceTest, OneSlowDecisionHoldsUpNoOtherMessage) {
  h_.Client(Call("1", "slow"));
  h_.Client(Request("2", "ping"));
  EXPECT_THAT(h_.to_server, ElementsAre(Request("2", "ping")));
}

TEST_F(EnforcerSourceTest, AChangeEmptiesTheCacheAndIsToldAndAcknowledged) {
  h_.Client(Request("0", "tools/list"));
  h_.Server(ToolList("0", {"read"}));
  h_.Client(Call("1", "read"));
  h_.AnswerAll();
  h_.TakeToServer();
  h_.TakeToClient();
  h_.policy = [](const Access& a) { return a.kind == AccessKind::kServer; };
  h_.Present(2);
  h_.AnswerAll();
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(kListChanged));
  EXPECT_THAT(h_.source.acknowledged,
              ElementsAre(EnforcerHarness::Rev(1), EnforcerHarness::Rev(2)));
  h_.Client(Call("2", "read"));
  h_.AnswerAll();
  EXPECT_THAT(h_.to_server, IsEmpty());
  EXPECT_THAT(h_.to_client, ElementsAre(Denied("2")));
}

TEST_F(EnforcerSourceTest, AHeartbeatChangesNothing) {
  h_.Client(Call("1", "read"));
  h_.AnswerAll();
  h_.Present(1);
  EXPECT_THAT(h_.to_client, IsEmpty());
  EXPECT_THAT(h_.source.acknowledged, SizeIs(1));
  const size_t asks = h_.source.asks;
  h_.Client(Call("2", "read"));
  EXPECT_EQ(h_.source.asks, asks);
}

TEST(EnforcerListChangedTest, IsNotToldBeforeTheClientWasPromised) {
  EnforcerHarness h;
  h.Present(1);
  h.Present(2);
  EXPECT_THAT(h.to_client, IsEmpty());
  h.enforcer->Start(h.now);
  h.AnswerAll();
  h.Client(Request("0", "initialize"));
  h.Server(R"({"jsonrpc":"2.0","id":0,"result":{"capabilities":{"prompts":{}}}})");
  h.TakeToClient();
  h.Present(3);
  EXPECT_THAT(h.to_client, IsEmpty()) << "this server has no tools";
}

TEST_F(EnforcerSourceTest, PastTheLeaseNothingIsUsedAgain) {
  h_.Client(Call("1", "read"));
  h_.AnswerAll();
  h_.now += seconds(15) - milliseconds(1);
  h_.Client(Call("2", "read"));
  EXPECT_THAT(h_.TakeToServer(), SizeIs(2));
  h_.now += milliseconds(1);
  h_.Client(Call("3", "read"));
  EXPECT_THAT(h_.TakeToServer(), IsEmpty());
  h_.Advance(seconds(1));
  EXPECT_THAT(h_.to_client, ElementsAre(Undecided("3", "DECISION_TIMEOUT")));
}

TEST_F(EnforcerSourceTest, ALeaseThatIsRenewedRevivesWhatIsHeld) {
  h_.Client(Call("1", "read"));
  h_.AnswerAll();
  h_.now += seconds(20);
  h_.Present(1);
  h_.Client(Call("2", "read"));
  EXPECT_THAT(h_.to_server, SizeIs(2));
}

TEST_F(EnforcerSourceTest, ALeaseThatIsMadeShorterEndsEarlier) {
  h_.Client(Call("1", "read"));
  h_.AnswerAll();
  h_.Present(1, seconds(2));
  h_.now += seconds(2);
  h_.Client(Call("2", "read"));
  EXPECT_THAT(h_.to_server, ElementsAre(Call("1", "read")));
}

TEST_F(EnforcerSourceTest, NoneOvertakesThoseThatWaitForTheSameAccess) {
  h_.Client(Call("1", "read"));
  h_.AnswerAll();
  h_.TakeToServer();
  h_.now += seconds(20);
  h_.Client(Call("2", "read"));  // the lease is over: asks
  h_.Present(1);                 // and now the cache counts again
  h_.Client(Call("3", "read"));
  EXPECT_THAT(h_.to_server, IsEmpty());
  h_.AnswerAll();
  EXPECT_THAT(h_.to_server, ElementsAre(Call("2", "read"), Call("3", "read")));
}

TEST_F(EnforcerSourceTest, TheCacheSurvivesALostConnectionUntilTheLeaseEnds) {
  h_.Client(Call("1", "read"));
  h_.AnswerAll();
  h_.Lost();
  h_.Client(Call("2", "read"));
  EXPECT_THAT(h_.to_server, SizeIs(2));
  h_.now += seconds(15);
  h_.Client(Call("3", "read"));
  EXPECT_THAT(h_.to_server, SizeIs(2));
}

TEST_F(EnforcerSourceTest, ARefusalOfTheAgentEndsTheCacheAtOnce) {
  h_.Client(Call("1", "read"));
  h_.AnswerAll();
  h_.Lost(absl::UnauthenticatedError("the token has expired"));
  h_.Client(Call("2", "read"));
  EXPECT_THAT(h_.to_server, SizeIs(2)) << "the next token may be there already";
  h_.Lost(absl::PermissionDeniedError("may not speak for the agent"));
  h_.Client(Call("3", "read"));
  EXPECT_THAT(h_.to_server, SizeIs(2));
  h_.Present(1);
  h_.Client(Call("4", "read"));
  h_.AnswerAll();
  EXPECT_THAT(h_.to_server, SizeIs(4)) << "bound again";
}

TEST_F(EnforcerSourceTest, SilenceIsDeniedAtTheDeadlineAndNotBefore) {
  h_.Client(Call("1", "read"));
  EXPECT_EQ(h_.enforcer->NextDeadline(), h_.now + seconds(1));
  h_.Advance(milliseconds(999));
  EXPECT_THAT(h_.to_client, IsEmpty());
  h_.Advance(milliseconds(1));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(Undecided("1", "DECISION_TIMEOUT")));
  EXPECT_EQ(h_.enforcer->NextDeadline(), std::nullopt);
  EXPECT_EQ(h_.enforcer->waiting(), 0U);
  h_.AnswerAll();  // too late
  EXPECT_THAT(h_.to_client, IsEmpty());
  EXPECT_THAT(h_.to_server, IsEmpty());
  h_.Client(Call("2", "read"));
  EXPECT_THAT(h_.source.open, SizeIs(1)) << "what nobody waits for is not kept";
}

TEST_F(EnforcerSourceTest, WhatNobodyWaitsForAnyMoreIsAskedAnew) {
  const size_t asks = h_.source.asks;
  h_.Client(Call("1", "read"));
  h_.Advance(seconds(1));
  h_.Client(Call("2", "read"));
  EXPECT_EQ(h_.source.asks - asks, 2U);
}

TEST_F(EnforcerSourceTest, ATimeoutTellsASilentSourceFromOneThatCannotBeReached) {
  h_.Client(Call("1", "read"));
  h_.Advance(seconds(1));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr("did not answer within 1000 ms")));
  h_.Lost(absl::UnavailableError("connection refused"));
  h_.Client(Call("2", "read"));
  h_.Advance(seconds(1));
  EXPECT_THAT(h_.TakeToClient(),
              ElementsAre(HasSubstr("could not be reached within 1000 ms: connection refused")));
  h_.Present(1);
  h_.Client(Call("3", "read"));
  h_.Advance(seconds(1));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(HasSubstr("did not answer within 1000 ms")));
}

TEST_F(EnforcerSourceTest, AnAnswerAtTheDeadlineIsTooLate) {
  h_.Client(Call("1", "read"));
  h_.now += seconds(1);
  h_.AnswerAll();
  EXPECT_THAT(h_.to_server, IsEmpty());
  EXPECT_THAT(h_.to_client, ElementsAre(Undecided("1", "DECISION_TIMEOUT")));
}

TEST_F(EnforcerSourceTest, EveryErrorIsADenial) {
  for (int code = 1; code <= 16; ++code) {
    h_.Client(Call("1", absl::StrCat("read", code)));
    h_.FailOne(absl::Status(static_cast<absl::StatusCode>(code), "no"));
    EXPECT_THAT(h_.TakeToClient(), ElementsAre(Undecided("1", "DECISION_SOURCE_FAILED")));
  }
  EXPECT_THAT(h_.to_server, IsEmpty());
}

TEST_F(EnforcerSourceTest, AnErrorIsNotKept) {
  h_.Client(Call("1", "read"));
  h_.FailOne(absl::InternalError("no"));
  h_.Client(Call("2", "read"));
  h_.AnswerAll();
  EXPECT_THAT(h_.to_server, ElementsAre(Call("2", "read")));
}

TEST_F(EnforcerSourceTest, TooFewOrTooManyVerdictsAreADenial) {
  for (const size_t verdicts : {0, 2}) {
    h_.Client(Call("1", "read"));
    const SourceAnswer answer = AnswerToOldest(/*allowed=*/true, verdicts);
    h_.source.open.pop_front();
    h_.enforcer->OnSourceEvent(answer, h_.now);
    EXPECT_THAT(h_.TakeToClient(), ElementsAre(Undecided("1", "DECISION_UNUSABLE")));
  }
  EXPECT_THAT(h_.to_server, IsEmpty());
}

TEST_F(EnforcerSourceTest, ADenialNamesTheRevisionThatMadeIt) {
  const auto made_under = [](uint64_t generation) {
    return HasSubstr(absl::StrCat(R"("revision":{"epoch":"e","generation":)", generation, ","));
  };
  h_.Client(Call("1", "deny_me"));
  h_.AnswerOne(2);  // which is still to be announced
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(made_under(2)));
  h_.Client(Call("2", "deny_me"));
  h_.AnswerOne();
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(made_under(1)));
  h_.Client(Call("3", "deny_me"));  // from the cache
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(made_under(1)));
}

TEST_F(EnforcerSourceTest, AVerdictThatSaysNothingDenies) {
  h_.Client(Call("1", "read"));
  h_.enforcer->OnSourceEvent(AnswerToOldest(/*allowed=*/false), h_.now);
  EXPECT_THAT(h_.to_server, IsEmpty());
  EXPECT_THAT(h_.to_client, ElementsAre(Denied("1")));
}

TEST_F(EnforcerSourceTest, AnAnswerOfALaterGenerationIsUsedAndNotKept) {
  h_.Client(Call("1", "read"));
  h_.AnswerOne(2);
  EXPECT_THAT(h_.to_server, ElementsAre(Call("1", "read")));
  h_.Client(Call("2", "read"));
  EXPECT_THAT(h_.source.open, SizeIs(1));
}

TEST_F(EnforcerSourceTest, AnAnswerOlderThanAChangeIsAskedForAgain) {
  h_.Client(Call("1", "read"));
  h_.Present(2);
  h_.TakeToClient();
  h_.AnswerOne(1);
  EXPECT_THAT(h_.to_server, IsEmpty());
  ASSERT_THAT(h_.source.open, SizeIs(1));
  h_.AnswerOne(2);
  EXPECT_THAT(h_.to_server, ElementsAre(Call("1", "read")));
}

TEST_F(EnforcerSourceTest, AnAnswerOlderThanAChangeIsNotBelievedTwice) {
  h_.Present(2);
  h_.TakeToClient();
  h_.Client(Call("1", "read"));
  h_.AnswerOne(1);
  h_.AnswerOne(1);
  EXPECT_THAT(h_.to_server, IsEmpty());
  EXPECT_THAT(h_.to_client, ElementsAre(Undecided("1", "DECISION_UNUSABLE")));
}

TEST_F(EnforcerSourceTest, AnAnswerOfAnotherEpochIsNeverUsed) {
  h_.Client(Call("1", "read"));
  h_.AnswerOne(7, "other");
  h_.AnswerOne(7, "other");
  EXPECT_THAT(h_.to_server, IsEmpty());
  EXPECT_THAT(h_.to_client, ElementsAre(Undecided("1", "DECISION_UNUSABLE")));
}

TEST_F(EnforcerSourceTest, AnAnswerOfThePresentGenerationWithAnotherDigestIsNeverUsed) {
  h_.Client(Call("1", "read"));
  for (int i = 0; i < 2; ++i) {
    ASSERT_FALSE(h_.source.open.empty());
    SourceAnswer answer = AnswerToOldest(/*allowed=*/true);
    h_.source.open.pop_front();
    answer.revision.digest = "sha256:else";
    h_.enforcer->OnSourceEvent(answer, h_.now);
  }
  EXPECT_THAT(h_.to_server, IsEmpty());
  EXPECT_THAT(h_.to_client, ElementsAre(Undecided("1", "DECISION_UNUSABLE")));
}

TEST_F(EnforcerSourceTest, TheSameGenerationWithAnotherDigestIsAChange) {
  h_.Client(Call("1", "read"));
  h_.AnswerAll();
  SourceRevision other{EnforcerHarness::Rev(1), h_.now + seconds(15)};
  other.revision.digest = "sha256:else";
  h_.enforcer->OnSourceEvent(other, h_.now);
  h_.Client(Call("2", "read"));
  EXPECT_THAT(h_.to_server, ElementsAre(Call("1", "read")));
  EXPECT_THAT(h_.source.acknowledged, ElementsAre(EnforcerHarness::Rev(1), other.revision));
}

// A list asks for both names at once; when it has given up, a call waits for one of them still, and
// another call asks for the other one anew.
class EarlierQuestionTest : public EnforcerSourceTest {
 protected:
  EarlierQuestionTest() {
    h_.Client(Request("1", "tools/list"));
    h_.Server(ToolList("1", {"read", "write"}));
    h_.Advance(milliseconds(500));
    h_.Client(Call("2", "write"));
    h_.Advance(milliseconds(500));
    h_.Client(Call("3", "read"));
    h_.TakeToServer();
    EXPECT_THAT(h_.TakeToClient(), ElementsAre(Undecided("1", "DECISION_TIMEOUT")));
    EXPECT_THAT(h_.source.open, SizeIs(2));
  }
};

TEST_F(EarlierQuestionTest, ItsFailureIsNotThatOfWhatIsAskedAnew) {
  h_.FailOne(absl::InternalError("no"));
  EXPECT_THAT(h_.TakeToClient(), ElementsAre(Undecided("2", "DECISION_SOURCE_FAILED")));
  h_.AnswerAll();
  EXPECT_THAT(h_.to_client, IsEmpty());
  EXPECT_THAT(h_.to_server, ElementsAre(Call("3", "read")));
}

TEST_F(EarlierQuestionTest, ItsOddAnswerAsksForNothingTwice) {
  h_.AnswerOne(7, "other");
  ASSERT_THAT(h_.source.open, SizeIs(2));
  ASSERT_THAT(h_.source.open[1].accesses, SizeIs(1));
  EXPECT_EQ(h_.source.open[1].accesses[0].name, "write");
  h_.AnswerOne();
  EXPECT_THAT(h_.to_server, ElementsAre(Call("3", "read")));
}

TEST_F(EnforcerSourceTest, AnAnswerOfALostSourceCountsForNothing) {
  h_.Client(Call("1", "read"));
  const SourceAnswer late = AnswerToOldest(/*allowed=*/true);
  h_.Lost();
  h_.enforcer->OnSourceEvent(late, h_.now);
  h_.Advance(seconds(1));
  h_.Present(1);
  h_.Client(Call("2", "read"));
  EXPECT_THAT(h_.to_server, IsEmpty());
  EXPECT_THAT(h_.source.open, SizeIs(1));
}

TEST_F(EnforcerSourceTest, WhatWasAskedOfALostSourceIsAskedOfTheNext) {
  h_.Client(Call("1", "read"));
  h_.Client(Call("2", "deny_me"));
  h_.Lost();
  h_.Advance(milliseconds(500));
  h_.Present(1, seconds(15), "other");
  h_.TakeToClient();
  ASSERT_THAT(h_.source.open, SizeIs(1));
  EXPECT_THAT(h_.source.open[0].accesses, SizeIs(2));
  h_.AnswerOne(1, "other");
  EXPECT_THAT(h_.to_server, ElementsAre(Call("1", "read")));
  EXPECT_THAT(h_.to_client, ElementsAre(Denied("2")));
  EXPECT_THAT(h_.source.acknowledged, SizeIs(2));
}

TEST_F(EnforcerSourceTest, WaitingForTheNextSourceDoesNotProlongTheDeadline) {
  h_.Client(Call("1", "read"));
  h_.Lost();
  h_.Advance(milliseconds(900));
  h_.Present(1);
  h_.Advance(milliseconds(100));
  EXPECT_THAT(h_.to_client, ElementsAre(Undecided("1", "DECISION_TIMEOUT")));
}

TEST_F(EnforcerSourceTest, TellsTheNextConnectionWhatIsApplied) {
  h_.Lost();
  h_.Present(1);
  EXPECT_THAT(h_.source.acknowledged,
              ElementsAre(EnforcerHarness::Rev(1), EnforcerHarness::Rev(1)));
}

TEST(EnforcerFirstRevisionTest, AnAnswerBeforeTheFirstRevisionIsAskedForAgainAfterIt) {
  EnforcerHarness h;
  h.enforcer->Start(h.now);
  h.Client(Request("0", "initialize"));
  h.AnswerOne(1);
  EXPECT_THAT(h.to_server, IsEmpty());
  EXPECT_THAT(h.source.open, IsEmpty());
  h.Present(1);
  h.AnswerAll();
  EXPECT_THAT(h.to_server, ElementsAre(Request("0", "initialize")));
}

TEST_F(EnforcerSourceTest, AListWaitsNoLongerThanItsDeadline) {
  h_.Client(Request("1", "tools/list"));
  h_.Server(ToolList("1", {"read", "write"}));
  EXPECT_EQ(h_.enforcer->waiting(), 1U);
  h_.Advance(seconds(1));
  EXPECT_THAT(h_.to_client,
              ElementsAre(AllOf(Undecided("1", "DECISION_TIMEOUT"), HasSubstr("\"code\":5030"))));
  EXPECT_EQ(h_.enforcer->open_requests(), 0U);
}

TEST_F(EnforcerSourceTest, AListIsDecidedWhollyUnderTheRevisionAfterAChange) {
  h_.Client(Call("1", "read"));
  h_.AnswerAll();
  h_.Client(Request("2", "tools/list"));
  h_.Server(ToolList("2", {"read", "write"}));  // "read" is known, "write" is asked for
  h_.policy = [](const Access& a) { return a.name == "write"; };
  h_.Present(2);
  h_.AnswerAll();
  EXPECT_THAT(h_.to_client, ElementsAre(ToolList("2", {"write"})));
}

TEST_F(EnforcerSourceTest, AListIsDecidedWhollyUnderTheRevisionOfAnotherPdp) {
  h_.Client(Call("1", "read"));
  h_.AnswerAll();
  h_.Client(Request("2", "tools/list"));
  h_.Server(ToolList("2", {"read", "write"}));  // "read" is known, "write" is asked for
  h_.Lost();
  h_.Present(1, seconds(15), "another");  // with an equal policy
  size_t asked = 0;
  while (!h_.source.open.empty()) {
    asked += h_.source.open.front().accesses.size();
    h_.AnswerOne(1, "another");
  }
  EXPECT_EQ(asked, 2U);
  EXPECT_THAT(h_.to_client, ElementsAre(ToolList("2", {"read", "write"})));
}

TEST_F(EnforcerSourceTest, ACancelThatWaitedDoesNotFollowTheAnswer) {
  h_.Client(Request("1", "tools/list"));
  h_.now += seconds(15);
  h_.TakeToServer();
  h_.Client(Cancel("1"));  // the lease is over: asks
  h_.Server(ToolList("1", {"read"}));
  EXPECT_EQ(h_.enforcer->waiting(), 2U);
  h_.Present(1);
  h_.AnswerAll();
  EXPECT_THAT(h_.to_server, IsEmpty());
  EXPECT_THAT(h_.to_client, ElementsAre(ToolList("1", {"read"})));
}

TEST_F(EnforcerSourceTest, AnEmptyListNeedsNoDecision) {
  h_.Client(Request("1", "tools/list"));
  h_.Server(ToolList("1", {}));
  EXPECT_THAT(h_.to_client, ElementsAre(ToolList("1", {})));
}

TEST_F(EnforcerSourceTest, ToolsOfOneNameAreDecidedAlike) {
  h_.Client(Request("1", "tools/list"));
  h_.Server(ToolList("1", {"read", "deny_x", "read", "deny_x"}));
  EXPECT_THAT(h_.source.open.front().accesses, SizeIs(2));
  h_.AnswerAll();
  EXPECT_THAT(h_.to_client, ElementsAre(ToolList("1", {"read", "read"})));
}

TEST(EnforcerLimitsTest, DeniesWhatWouldHoldMoreThanTheLimit) {
  EnforcerOptions options;
  options.max_waiting_bytes = 100'000;
  EnforcerHarness h(options);
  h.Initialize();
  h.Client(absl::StrCat(R"({"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":")",
                        std::string(60'000, 'x'), R"("}})"));
  EXPECT_THAT(h.TakeToClient(), ElementsAre(Undecided("1", "TOO_MUCH_WAITING")));
  h.Client(Call("2", "small"));
  EXPECT_THAT(h.to_client, IsEmpty());
  h.AnswerAll();
  EXPECT_THAT(h.to_server, ElementsAre(Call("2", "small")));
}

TEST(EnforcerLimitsTest, RefusesMoreOpenRequestsThanTheLimit) {
  EnforcerOptions options;
  options.max_open_requests = 2;
  EnforcerHarness h(options);
  h.Initialize();
  h.Client(Request("1", "ping"));
  h.Client(Request("2", "ping"));
  h.Client(Request("3", "ping"));
  EXPECT_THAT(h.TakeToClient(), ElementsAre(HasSubstr(R"("id":3,"error":{"code":4290)")));
  h.Server(Result("1"));
  h.Client(Request("3", "ping"));
  EXPECT_THAT(h.to_server, SizeIs(3));
}

TEST(EnforcerLimitsTest, ManyMessagesThatTimeOutLeaveNothingBehind) {
  EnforcerHarness h;
  h.Initialize();
  for (int i = 0; i < 5000; ++i) {
    h.Client(Call("1", "hang"));
    EXPECT_EQ(h.enforcer->waiting(), 1U);
    h.Advance(seconds(1));
    h.Present(1);
  }
  EXPECT_THAT(h.to_client, SizeIs(5000));
  EXPECT_EQ(h.enforcer->NextDeadline(), std::nullopt);
}

TEST_F(EnforcerSourceTest, AnAskThatWasLostInSilenceIsMadeAgain) {
  size_t asks = h_.source.asks;
  for (int i = 0; i < 8; ++i) {  // one every half second: somebody always waits
    h_.Client(Call(absl::StrCat(i), "hang"));
    h_.Advance(milliseconds(500));
  }
  EXPECT_GE(h_.source.asks - asks, 2U);
  EXPECT_LE(h_.source.asks - asks, 4U);
  h_.AnswerAll();
  EXPECT_THAT(h_.to_server, SizeIs(1));
}

TEST_F(EnforcerSourceTest, TheLostAskOfManyIsMadeAgainOnce) {
  h_.Client(Call("0", "hang"));
  h_.Advance(milliseconds(900));
  h_.Client(Call("1", "hang"));
  h_.Advance(milliseconds(900));
  h_.Client(Call("2", "hang"));
  h_.Client(Call("3", "hang"));
  h_.Advance(milliseconds(900));
  h_.Client(Call("4", "hang"));
  const size_t asks = h_.source.asks;
  h_.Advance(milliseconds(100));  // the end of both 2 and 3
  EXPECT_EQ(h_.source.asks - asks, 1U);
  EXPECT_THAT(h_.source.open.back().accesses, SizeIs(1));
}

}  // namespace
}  // namespace ostiary::sidecar
