// The Session stream's promises, over a real connection.
#include <atomic>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/pdp/server/running_pdp.h"
#include "tests/pdp/server/stuck_session.h"
#include "tests/pdp/server/test_session.h"

namespace ostiary::pdp {
namespace {

using testing::HasSubstr;

ServerOptions QuickHeartbeats() {
  ServerOptions options;
  options.sessions.heartbeat_interval = absl::Milliseconds(20);
  options.sessions.lease = absl::Milliseconds(1500);
  return options;
}

void ExpectEnd(TestSession* session, absl::StatusCode code, const std::string& message) {
  const absl::Status status = session->End();
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(message));
}

TEST(SessionTest, HearsTheCurrentRevisionThenEachChange) {
  RunningPdp pdp;
  TestSession session(pdp.Connect());
  session.Hello();
  const v1::SessionEvent current = session.ReadEvent(v1::CURRENT);
  EXPECT_EQ(current.revision().epoch(), "test-epoch");
  EXPECT_EQ(current.revision().generation(), 1);
  EXPECT_EQ(current.lease().seconds(), 15);
  pdp.Publish(2);
  EXPECT_EQ(session.ReadEvent(v1::CHANGED).revision().generation(), 2);
  pdp.Publish(3);
  const v1::SessionEvent changed = session.ReadEvent(v1::CHANGED);
  EXPECT_EQ(changed.revision().generation(), 3);
  EXPECT_EQ(changed.lease().seconds(), 15);
}

TEST(SessionTest, HearsHeartbeatsWithTheLease) {
  RunningPdp pdp(QuickHeartbeats());
  TestSession session(pdp.Connect());
  session.Open();
  for (int i = 0; i < 5; ++i) {
    const v1::SessionEvent beat = session.ReadEvent(v1::HEARTBEAT);
    EXPECT_EQ(beat.revision().generation(), 1);
    EXPECT_EQ(beat.lease().seconds(), 1);
    EXPECT_EQ(beat.lease().nanos(), 500'000'000);
  }
}

TEST(SessionTest, AnswersChecksInOrderForTheAgentOfHello) {
  RunningPdp pdp;
  TestSession session(pdp.Connect());
  session.Open("researcher");
  session.Check(7, {ToolAccess("search", "web_search"), ToolAccess("search", "other")});
  session.Check(5, {});
  const v1::SessionResult first = session.ReadResult();
  EXPECT_EQ(first.id(), 7);
  EXPECT_FALSE(first.has_error());
  ASSERT_EQ(first.decisions_size(), 2);
  EXPECT_EQ(first.decisions(0).effect(), v1::ALLOW);
  EXPECT_EQ(first.decisions(1).effect(), v1::DENY);
  EXPECT_EQ(first.revision().generation(), 1);
  const v1::SessionResult second = session.ReadResult();
  EXPECT_EQ(second.id(), 5);
  EXPECT_EQ(second.decisions_size(), 0);
}

TEST(SessionTest, AMalformedCheckHarmsItselfAlone) {
  RunningPdp pdp;
  TestSession session(pdp.Connect());
  session.Open();
  session.Check(1, {ToolAccess("search", "web_search"), ToolAccess("", "x")});
  session.Check(2, {ToolAccess("search", "web_search")});
  const v1::SessionResult bad = session.ReadResult();
  EXPECT_EQ(bad.id(), 1);
  EXPECT_EQ(bad.error().code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(bad.error().message(), HasSubstr("accesses[1]: server is missing"));
  EXPECT_EQ(bad.decisions_size(), 0);
  EXPECT_EQ(session.ReadResult().id(), 2);
}

TEST(SessionTest, ACheckOverTheLimitGetsAnError) {
  ServerOptions options;
  options.requests.max_accesses = 2;
  RunningPdp pdp(options);
  TestSession session(pdp.Connect());
  session.Open();
  session.Check(1, std::vector<v1::Access>(3, ToolAccess("search", "web_search")));
  const v1::SessionResult result = session.ReadResult();
  EXPECT_EQ(result.error().code(), static_cast<int>(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(result.decisions_size(), 0);
}

// An answer that no sidecar would take must not end the session: it would be asked for again.
TEST(SessionTest, AnAnswerOverTheLimitIsAnErrorAndTheSessionGoesOn) {
  ServerOptions options;
  options.requests.max_answer_bytes = 1000;
  RunningPdp pdp(options);
  TestSession session(pdp.Connect());
  session.Open();
  session.Check(1, std::vector<v1::Access>(50, ToolAccess("search", "web_search")));
  session.Check(2, {ToolAccess("search", "web_search")});
  const v1::SessionResult result = session.ReadResult();
  EXPECT_EQ(result.id(), 1);
  EXPECT_EQ(result.error().code(), static_cast<int>(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(result.error().message(), HasSubstr("at most 1000 are allowed in one answer"));
  EXPECT_EQ(result.decisions_size(), 0);
  EXPECT_EQ(session.ReadResult().decisions_size(), 1);
}

TEST(SessionTest, EndsOnAProtocolError) {
  RunningPdp pdp;
  const std::string long_text(2000, 'x');
  v1::Revision long_epoch;
  long_epoch.set_epoch(long_text);
  v1::Revision long_digest;
  long_digest.set_digest(long_text);
  v1::SessionRequest long_server;
  long_server.mutable_hello()->set_agent("researcher");
  v1::SessionRequest long_version = long_server;
  long_server.mutable_hello()->set_server(long_text);
  long_version.mutable_hello()->set_version(long_text);
  struct Case {
    const char* message;
    absl::StatusCode code;
    std::function<void(TestSession*)> act;
  };
  const Case cases[] = {
      {"a check before hello", absl::StatusCode::kInvalidArgument,
       [](TestSession* s) { s->Check(1, {}); }},
      {"applied before hello", absl::StatusCode::kInvalidArgument,
       [](TestSession* s) { s->Applied({}); }},
      {"a second hello", absl::StatusCode::kInvalidArgument,
       [](TestSession* s) {
         s->Hello();
         s->Hello();
       }},
      {"the message is empty", absl::StatusCode::kInvalidArgument,
       [](TestSession* s) { s->Send({}); }},
      {"not a message of ostiary.v1.SessionRequest", absl::StatusCode::kInvalidArgument,
       [](TestSession* s) { s->Hello("not UTF-8: \xFF"); }},
      {"agent is missing", absl::StatusCode::kInvalidArgument,
       [](TestSession* s) { s->Hello(""); }},
      {"sidecar_id has 2000 bytes", absl::StatusCode::kResourceExhausted,
       [&](TestSession* s) { s->Hello("researcher", long_text); }},
      {"agent has 2000 bytes", absl::StatusCode::kResourceExhausted,
       [&](TestSession* s) { s->Hello(long_text); }},
      {"server has 2000 bytes", absl::StatusCode::kResourceExhausted,
       [&](TestSession* s) { s->Send(long_server); }},
      {"version has 2000 bytes", absl::StatusCode::kResourceExhausted,
       [&](TestSession* s) { s->Send(long_version); }},
      {"applied.epoch has 2000 bytes", absl::StatusCode::kResourceExhausted,
       [&](TestSession* s) {
         s->Hello();
         s->Applied(long_epoch);
       }},
      {"applied.digest has 2000 bytes", absl::StatusCode::kResourceExhausted,
       [&](TestSession* s) {
         s->Hello();
         s->Applied(long_digest);
       }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.message);
    TestSession session(pdp.Connect());
    c.act(&session);
    ExpectEnd(&session, c.code, c.message);
  }
}

TEST(SessionTest, EndsWhereNoHelloComes) {
  RunningPdp pdp(QuickHeartbeats());
  TestSession session(pdp.Connect());
  ExpectEnd(&session, absl::StatusCode::kDeadlineExceeded, "no hello came");
}

TEST(SessionTest, AnswersWhatIsOpenWhenTheSidecarStopsSending) {
  RunningPdp pdp;
  TestSession session(pdp.Connect());
  session.Hello();
  for (uint64_t id = 0; id < 100; ++id) session.Check(id, {ToolAccess("search", "web_search")});
  session.CloseSending();
  session.ReadEvent(v1::CURRENT);
  for (uint64_t id = 0; id < 100; ++id) EXPECT_EQ(session.ReadResult().id(), id);
  ExpectEnd(&session, absl::StatusCode::kOk, "");
}

TEST(SessionTest, AnswersWhatCouldNotBeWrittenYetWhenTheSidecarStopsSending) {
  constexpr uint64_t kChecks = 1000;
  ServerOptions options;
  options.sessions.max_open_checks = kChecks;
  options.sessions.max_open_bytes = options.sessions.max_total_open_bytes;
  RunningPdp pdp(options);
  StuckSession slow(pdp, kChecks);
  ASSERT_EQ(slow.sent(), kChecks);
  slow.session().CloseSending();
  slow.session().ReadEvent(v1::CURRENT);
  for (uint64_t id = 0; id < kChecks; ++id) EXPECT_EQ(slow.session().ReadResult().id(), id);
  ExpectEnd(&slow.session(), absl::StatusCode::kOk, "");
}

TEST(SessionTest, WithoutAPolicyChecksFailAndTheEventComesWithTheFirst) {
  RunningPdp pdp(QuickHeartbeats(), StartWith::kNothing);
  TestSession session(pdp.Connect());
  session.Hello();
  session.Check(1, {ToolAccess("search", "web_search")});
  v1::SessionResponse response;
  ASSERT_TRUE(session.Read(&response));
  ASSERT_TRUE(response.has_result()) << response.DebugString();
  EXPECT_EQ(response.result().error().code(),
            static_cast<int>(absl::StatusCode::kFailedPrecondition));
  EXPECT_FALSE(response.result().has_revision());
  pdp.Publish(1);
  EXPECT_EQ(session.ReadEvent(v1::CURRENT).revision().generation(), 1);
}

TEST(SessionTest, AreLimitedInNumber) {
  ServerOptions options;
  options.sessions.max_sessions = 2;
  RunningPdp pdp(options);
  TestSession first(pdp.Connect());
  first.Open();
  {
    TestSession second(pdp.Connect());
    second.Open();
    TestSession third(pdp.Connect());
    third.Hello();
    ExpectEnd(&third, absl::StatusCode::kResourceExhausted, "has 2 sessions");
    second.CloseSending();
    ExpectEnd(&second, absl::StatusCode::kOk, "");
  }
  // The end of the second may reach this side before the PDP is done with it.
  while (pdp.Status().sidecars_connected() > 1) std::this_thread::yield();
  TestSession fourth(pdp.Connect());
  fourth.Open();
}

// A result is of exactly the revision of the last event before it, whatever is published when.
TEST(SessionTest, NoResultIsOlderThanAnEventThatItFollows) {
  RunningPdp pdp;
  constexpr int kChecks = 20'000;
  std::atomic<bool> done{false};
  std::thread publisher([&] {
    for (int mark = 2; !done; ++mark) pdp.Publish(mark);
  });
  TestSession session(pdp.Connect());
  session.Hello();
  uint64_t announced = session.ReadEvent(v1::CURRENT).revision().generation();
  std::thread asker([&] {
    for (uint64_t id = 0; id < kChecks; ++id) {
      session.Check(id, {ToolAccess("search", "web_search")});
    }
  });
  uint64_t next_id = 0;
  uint64_t events = 0;
  v1::SessionResponse response;
  while (next_id < kChecks && session.Read(&response)) {
    if (response.has_event()) {
      ++events;
      EXPECT_GE(response.event().revision().generation(), announced);
      announced = response.event().revision().generation();
    } else {
      ASSERT_EQ(response.result().id(), next_id++);
      ASSERT_EQ(response.result().revision().generation(), announced);
    }
  }
  done = true;
  asker.join();
  publisher.join();
  EXPECT_EQ(next_id, kChecks);
  EXPECT_GT(events, 10) << "the policy did not change under the checks, so nothing was shown";
}

// The PDP takes a bounded number of checks from a sidecar that does not read; when it reads at
// last, it finds an answer to each and the latest revision only. Others notice nothing.
TEST(SessionTest, ASlowReaderIsHeldUpAndHearsTheLatestRevisionOnly) {
  constexpr uint64_t kChecks = 2000;
  ServerOptions options;
  options.sessions.max_open_checks = 16;
  RunningPdp pdp(options);
  StuckSession slow(pdp, kChecks);
  EXPECT_LT(slow.sent(), kChecks) << "nothing held it up";
  TestSession other(pdp.Connect());
  other.Open();
  constexpr int kRevisions = 200;
  for (int mark = 2; mark <= kRevisions; ++mark) {
    pdp.Publish(mark);
    EXPECT_EQ(other.ReadEvent(v1::CHANGED).revision().generation(), mark);
  }
  uint64_t next_id = 0;
  uint64_t events = 0;
  uint64_t last = 0;
  v1::SessionResponse response;
  while (next_id < kChecks && slow.session().Read(&response)) {
    if (response.has_event()) {
      if (response.event().kind() != v1::HEARTBEAT) ++events;
      last = response.event().revision().generation();
    } else {
      ASSERT_EQ(response.result().id(), next_id++);
    }
  }
  EXPECT_EQ(next_id, kChecks);
  EXPECT_EQ(last, kRevisions);
  EXPECT_LE(events, 3) << "revisions were kept for it";
}

TEST(SessionTest, EndsTheSessionThatPassesTheLimitOfAll) {
  ServerOptions options;
  options.sessions.max_total_open_bytes = 1000;
  RunningPdp pdp(options);
  TestSession session(pdp.Connect());
  session.Open();
  session.Check(1, {ToolAccess("search", std::string(2000, 't'))});
  ExpectEnd(&session, absl::StatusCode::kResourceExhausted, "too many checks open");
}

TEST(SessionTest, IsHeldUpByTheBytesOfItsOpenChecksToo) {
  constexpr uint64_t kChecks = 2000;
  ServerOptions options;
  options.sessions.max_open_checks = kChecks;
  options.sessions.max_open_bytes = 100'000;
  RunningPdp pdp(options);
  StuckSession slow(pdp, kChecks);
  EXPECT_LT(slow.sent(), kChecks) << "nothing held it up";
  slow.session().Cancel();
}

TEST(SessionTest, AnAnsweredCheckMakesRoomForAnother) {
  ServerOptions options;
  options.sessions.max_total_open_bytes = 5000;
  RunningPdp pdp(options);
  TestSession session(pdp.Connect());
  session.Open();
  for (uint64_t id = 0; id < 20; ++id) {
    session.Check(id, {ToolAccess("search", std::string(2000, 't'))});
    ASSERT_EQ(session.ReadResult().id(), id);
  }
}

TEST(SessionTest, ASessionThatEndsMakesRoomForOthers) {
  ServerOptions options;
  options.sessions.max_open_checks = 16;
  options.sessions.max_total_open_bytes = 1'000'000;
  RunningPdp pdp(options);
  for (int round = 0; round < 4; ++round) {
    StuckSession slow(pdp, 2000);
    slow.session().Cancel();
  }
  while (pdp.Status().sidecars_connected() > 0) std::this_thread::yield();
  TestSession session(pdp.Connect());
  session.Open();
  session.Check(1, std::vector<v1::Access>(100, ToolAccess("search", std::string(500, 't'))));
  EXPECT_EQ(session.ReadResult().decisions_size(), 100);
}

// A newer sidecar's, or anyone's who wants the PDP to run out of memory.
TEST(SessionTest, CountsTheUnknownFieldsOfOpenChecks) {
  const std::string unknown = "\xFA\x01\xD0\x0F" + std::string(2000, 'u');  // field 31
  for (const bool in_access : {false, true}) {
    SCOPED_TRACE(in_access);
    ServerOptions options;
    options.sessions.max_total_open_bytes = 1000;
    RunningPdp pdp(options);
    TestSession session(pdp.Connect());
    session.Open();
    v1::SessionRequest request;
    v1::SessionCheck& check = *request.mutable_check();
    check.set_id(1);
    ASSERT_TRUE(in_access ? check.add_accesses()->ParseFromString(unknown)
                          : check.MergeFromString(unknown));
    session.Send(request);
    session.CloseSending();
    ExpectEnd(&session, absl::StatusCode::kResourceExhausted, "too many checks open");
  }
}

TEST(SessionTest, UsageIsSummedOverSessionsWhateverItRidesOn) {
  RunningPdp pdp;
  const auto report = [](v1::SessionRequest request, uint64_t hits, uint64_t misses) {
    request.mutable_usage()->set_cache_hits(hits);
    request.mutable_usage()->set_cache_misses(misses);
    return request;
  };
  for (uint64_t i = 1; i <= 2; ++i) {
    TestSession session(pdp.Connect());
    v1::SessionRequest hello;
    hello.mutable_hello()->set_agent("researcher");
    session.Send(report(hello, 1, 0));
    v1::SessionRequest applied;
    *applied.mutable_applied() = session.ReadEvent(v1::CURRENT).revision();
    session.Send(report(applied, 10, 3));
    v1::SessionRequest check;
    check.mutable_check()->set_id(1);
    session.Send(report(check, 0, 100));
    session.ReadResult();  // so all of it has been read
    EXPECT_EQ(pdp.metrics().cache_hits.Read(), 11 * i);
    EXPECT_EQ(pdp.metrics().cache_misses.Read(), 103 * i);
  }
}

TEST(SessionTest, UsageAloneIsAnEmptyMessage) {
  RunningPdp pdp;
  TestSession session(pdp.Connect());
  session.Hello();
  v1::SessionRequest request;
  request.mutable_usage()->set_cache_hits(1);
  session.Send(request);
  ExpectEnd(&session, absl::StatusCode::kInvalidArgument, "the message is empty");
  EXPECT_EQ(pdp.metrics().cache_hits.Read(), 0u);
}

TEST(SessionTest, AnAbsurdReportIsCut) {
  RunningPdp pdp;
  TestSession session(pdp.Connect());
  session.Hello();
  v1::SessionRequest request;
  *request.mutable_applied() = session.ReadEvent(v1::CURRENT).revision();
  request.mutable_usage()->set_cache_hits(std::numeric_limits<uint64_t>::max());
  session.Send(request);
  session.Send(request);
  session.Check(1, {});
  session.ReadResult();
  EXPECT_EQ(pdp.metrics().cache_hits.Read(), 2 * CacheUsageCount::kMostOfReport);
}

TEST(SessionTest, StatusShowsWhoAppliesWhat) {
  RunningPdp pdp;
  TestSession session(pdp.Connect());
  session.Hello("researcher", "sidecar-7");
  const v1::SessionEvent current = session.ReadEvent(v1::CURRENT);
  v1::StatusResponse status = pdp.Status();
  ASSERT_EQ(status.sidecars_size(), 1);
  EXPECT_EQ(status.sidecars_connected(), 1);
  EXPECT_EQ(status.sidecars_current(), 0);
  EXPECT_FALSE(status.sidecars(0).has_applied());

  session.Applied(current.revision());
  session.Check(1, {});
  session.ReadResult();  // what came before the check has been read
  status = pdp.Status();
  EXPECT_EQ(status.sidecars_current(), 1);
  EXPECT_EQ(status.sidecars(0).sidecar_id(), "sidecar-7");
  EXPECT_EQ(status.sidecars(0).agent(), "researcher");
  EXPECT_EQ(status.sidecars(0).server(), "search");
  EXPECT_EQ(status.sidecars(0).version(), "1.2.3");
  EXPECT_EQ(status.sidecars(0).applied().generation(), 1);
  EXPECT_TRUE(status.sidecars(0).has_connected_since());

  pdp.Publish(2);
  EXPECT_EQ(pdp.Status().sidecars_current(), 0);
}

}  // namespace
}  // namespace ostiary::pdp
