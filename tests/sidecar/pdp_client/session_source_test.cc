// SessionSource against a scripted PDP: what the sink sees.
#include "sidecar/pdp_client/session_source.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/log.h"
#include "common/unique_fd.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/fake_pdp.h"
#include "tests/support/recording_sink.h"

namespace ostiary::sidecar {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

const std::vector<Access> kRead = {{AccessKind::kTool, "read"}};

Revision Present(uint64_t generation, const std::string& epoch = "epoch-1") {
  return Revision{epoch, generation, absl::StrCat("sha256:", generation)};
}

int64_t Milliseconds(MonoDuration span) {
  return std::chrono::duration_cast<milliseconds>(span).count();
}

class SessionSourceTest : public testing::Test {
 protected:
  SessionSourceTest() {
    options_.sidecar_id = "sidecar-1";
    options_.agent = "researcher";
    options_.server = "files";
    options_.version = "0.1.0";
    options_.initial_backoff = milliseconds(10);
    options_.max_backoff = milliseconds(50);
  }

  // Starts a PDP with the script on a free port, and a source on it.
  void Start(FakePdp::Script script) {
    pdp_ = std::make_unique<FakePdp>("127.0.0.1:0", std::move(script));
    Connect(pdp_->address());
  }

  void Connect(const std::string& address) {
    options_.address = address;
    absl::StatusOr<std::unique_ptr<SessionSource>> source =
        SessionSource::Create(options_, &sink_, Clock::System(), log_);
    ASSERT_TRUE(source.ok()) << source.status();
    source_ = *std::move(source);
  }

  // The next event, which must be a SourceRevision.
  SourceRevision NextRevision() { return Next<SourceRevision>("SourceRevision"); }
  SourceAnswer NextAnswer() { return Next<SourceAnswer>("SourceAnswer"); }
  SourceLost NextLost() { return Next<SourceLost>("SourceLost"); }

  const UniqueFd null_{open("/dev/null", O_WRONLY | O_CLOEXEC)};
  const Log log_{null_.get(), LogLevel::kDebug, Clock::System()};
  SessionSourceOptions options_;
  RecordingSink sink_;
  std::unique_ptr<FakePdp> pdp_;
  std::unique_ptr<SessionSource> source_;

 private:
  template <typename Event>
  Event Next(const char* name) {
    std::optional<SourceEvent> event = sink_.Next();
    if (!event.has_value()) {
      ADD_FAILURE() << "nothing was posted where a " << name << " was due";
      return {};
    }
    if (Event* wanted = std::get_if<Event>(&*event)) return std::move(*wanted);
    ADD_FAILURE() << "event " << event->index() << " was posted where a " << name << " was due";
    return {};
  }
};

TEST_F(SessionSourceTest, SaysHelloThenAsksAndPassesTheVerdictsOn) {
  v1::SessionHello hello;
  Start([&hello](FakeSession& session) {
    hello = session.Open(seconds(15));
    session.Answer(session.ReadCheck(), TestRevision(1));
    session.AwaitEnd();
    return grpc::Status::OK;
  });
  const MonoTime before = Clock::System().Now();
  source_->Ask(7, {{AccessKind::kTool, "read"}, {AccessKind::kTool, "deny_me"}});
  const SourceRevision revision = NextRevision();
  EXPECT_EQ(revision.revision, Present(1));
  EXPECT_GE(revision.lease_end, before + seconds(15));
  EXPECT_LE(revision.lease_end, Clock::System().Now() + seconds(15));
  const SourceAnswer answer = NextAnswer();
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_EQ(answer.id, 7u);
  EXPECT_EQ(answer.revision, Present(1));
  ASSERT_EQ(answer.verdicts.size(), 2u);
  EXPECT_TRUE(answer.verdicts[0].allowed);
  EXPECT_FALSE(answer.verdicts[1].allowed);
  source_.reset();
  pdp_.reset();
  EXPECT_EQ(hello.sidecar_id(), "sidecar-1");
  EXPECT_EQ(hello.agent(), "researcher");
  EXPECT_EQ(hello.server(), "files");
  EXPECT_EQ(hello.version(), "0.1.0");
}

TEST_F(SessionSourceTest, WorksOverAUnixSocket) {
  char dir[] = "/tmp/session_source_XXXXXX";
  ASSERT_NE(mkdtemp(dir), nullptr);
  pdp_ = std::make_unique<FakePdp>(absl::StrCat("unix:", dir, "/pdp.sock"), FakePdp::Answering());
  Connect(pdp_->address());
  source_->Ask(1, kRead);
  NextRevision();
  EXPECT_TRUE(NextAnswer().status.ok());
  pdp_.reset();
  source_.reset();
  rmdir(dir);
}

TEST_F(SessionSourceTest, ManyAsksKeepTheirOrder) {
  Start(FakePdp::Answering());
  for (uint64_t id = 1; id <= 2'000; ++id) source_->Ask(id, kRead);
  NextRevision();
  for (uint64_t id = 1; id <= 2'000; ++id) ASSERT_EQ(NextAnswer().id, id);
}

TEST_F(SessionSourceTest, EveryEventIsARevisionWithItsLease) {
  Start([](FakeSession& session) {
    session.Open(seconds(15));
    session.Event(v1::HEARTBEAT, TestRevision(1), seconds(20));
    session.Event(v1::CHANGED, TestRevision(2), seconds(20));
    session.Event(v1::HEARTBEAT, TestRevision(3), seconds(20));        // a change all the same
    session.Event(v1::CHANGED, TestRevision(1, "epoch-2"), hours(5));  // cut to the limit
    session.AwaitEnd();
    return grpc::Status::OK;
  });
  const SourceRevision first = NextRevision();
  const SourceRevision renewed = NextRevision();
  EXPECT_EQ(renewed.revision, first.revision);
  EXPECT_GE(renewed.lease_end, first.lease_end + seconds(5));
  EXPECT_EQ(NextRevision().revision, Present(2));
  EXPECT_EQ(NextRevision().revision, Present(3));
  const SourceRevision other = NextRevision();
  EXPECT_EQ(other.revision, Present(1, "epoch-2"));
  EXPECT_LE(other.lease_end, Clock::System().Now() + options_.max_lease);
}

TEST_F(SessionSourceTest, UsageRidesOnTheAcknowledgementAndOnOneSaidAgain) {
  std::vector<v1::SessionRequest> read;
  Start([&read](FakeSession& session) {
    session.Open();
    if (session.number() > 0) {
      session.AwaitEnd();
      return grpc::Status::OK;
    }
    read.push_back(session.Read().value_or(v1::SessionRequest()));
    session.Event(v1::HEARTBEAT, TestRevision(1));
    read.push_back(session.Read().value_or(v1::SessionRequest()));
    session.Event(v1::CHANGED, TestRevision(2));
    read.push_back(session.Read().value_or(v1::SessionRequest()));
    return grpc::Status(grpc::StatusCode::ABORTED, "enough");
  });
  // The enforcer's order: usage, where there is any, then the acknowledgement of what is new.
  NextRevision();
  source_->ReportUsage({0, 1});
  source_->Acknowledge(Present(1));
  NextRevision();
  source_->ReportUsage({5, 2});
  NextRevision();
  source_->ReportUsage({7, 0});
  source_->Acknowledge(Present(2));
  NextLost();
  const struct { uint64_t generation, hits, misses; } wanted[] = {{1, 0, 1}, {1, 5, 2}, {2, 7, 0}};
  ASSERT_EQ(read.size(), 3u);
  for (size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].applied().generation(), wanted[i].generation) << i;
    EXPECT_EQ(read[i].usage().cache_hits(), wanted[i].hits) << i;
    EXPECT_EQ(read[i].usage().cache_misses(), wanted[i].misses) << i;
  }
}

TEST_F(SessionSourceTest, UsageThatASessionDidNotSendGoesWithTheNext) {
  v1::SessionRequest applied;
  std::promise<void> reported;  // before the loss, or it would be the next session's own
  Start([&applied, reported = reported.get_future().share()](FakeSession& session) {
    if (session.number() == 0) {
      session.Open();
      reported.wait();
      return grpc::Status(grpc::StatusCode::ABORTED, "before anything was said");
    }
    session.Open();
    if (session.number() == 1) {
      applied = session.Read().value_or(v1::SessionRequest());
      return grpc::Status(grpc::StatusCode::ABORTED, "enough");
    }
    session.AwaitEnd();
    return grpc::Status::OK;
  });
  NextRevision();
  source_->ReportUsage({2, 1});
  source_->ReportUsage({3, 0});
  reported.set_value();
  NextLost();
  NextRevision();
  source_->Acknowledge(Present(1));
  NextLost();
  EXPECT_EQ(applied.usage().cache_hits(), 5u);
  EXPECT_EQ(applied.usage().cache_misses(), 1u);
}

TEST_F(SessionSourceTest, AnAcknowledgementReachesThePdpOnceForEachRevision) {
  Start([](FakeSession& session) {
    session.Open();
    const std::optional<v1::SessionRequest> first = session.Read();
    session.Event(v1::CHANGED, TestRevision(2));
    const std::optional<v1::SessionRequest> second = session.Read();
    const bool right = first.has_value() && first->applied().generation() == 1 &&
                       second.has_value() && second->applied().generation() == 2 &&
                       second->applied().epoch() == "epoch-1" &&
                       second->applied().digest() == "sha256:2";
    return right ? grpc::Status(grpc::StatusCode::ABORTED, "as it should be") : grpc::Status::OK;
  });
  NextRevision();
  source_->Acknowledge(Present(1));
  source_->Acknowledge(Present(1));
  NextRevision();
  source_->Acknowledge(Present(2));
  EXPECT_EQ(NextLost().status.code(), absl::StatusCode::kAborted);
}

TEST_F(SessionSourceTest, ANewSessionLearnsWhatWasAcknowledgedOnTheOneBefore) {
  Start([](FakeSession& session) {
    session.Open();
    const std::optional<v1::SessionRequest> applied = session.Read();
    if (session.number() == 0) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restart");
    return applied.has_value() && applied->applied().generation() == 1
               ? grpc::Status(grpc::StatusCode::ABORTED, "as it should be")
               : grpc::Status::OK;
  });
  NextRevision();
  source_->Acknowledge(Present(1));
  EXPECT_EQ(NextLost().status.code(), absl::StatusCode::kUnavailable);
  NextRevision();
  EXPECT_EQ(NextLost().status.code(), absl::StatusCode::kAborted);
}

TEST_F(SessionSourceTest, AnOddAnswerIsAnErrorAndTheSessionGoesOn) {
  Start([](FakeSession& session) {
    session.Open();
    v1::SessionResponse odd;
    odd.mutable_result()->set_id(session.ReadCheck().id());
    *odd.mutable_result()->mutable_revision() = TestRevision(1);
    session.Write(odd);
    session.Answer(session.ReadCheck(), TestRevision(1));
    session.AwaitEnd();
    return grpc::Status::OK;
  });
  source_->Ask(1, kRead);
  source_->Ask(2, kRead);
  NextRevision();
  const SourceAnswer odd = NextAnswer();
  EXPECT_EQ(odd.id, 1u);
  EXPECT_EQ(odd.status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(odd.status.message(), HasSubstr("0 decisions for 1 accesses"));
  EXPECT_TRUE(NextAnswer().status.ok());
}

TEST_F(SessionSourceTest, AnErrorOfThePdpIsTheAnswer) {
  Start([](FakeSession& session) {
    session.Open();
    v1::SessionResponse error;
    error.mutable_result()->set_id(session.ReadCheck().id());
    error.mutable_result()->mutable_error()->set_code(grpc::StatusCode::FAILED_PRECONDITION);
    error.mutable_result()->mutable_error()->set_message("no policy has loaded");
    session.Write(error);
    session.AwaitEnd();
    return grpc::Status::OK;
  });
  source_->Ask(1, kRead);
  NextRevision();
  EXPECT_EQ(NextAnswer().status, absl::FailedPreconditionError("no policy has loaded"));
}

TEST_F(SessionSourceTest, APdpWithoutAPolicySaysSoAndDecidesAsSoonAsItHasOne) {
  Start([](FakeSession& session) {
    v1::SessionResponse error;
    error.mutable_result()->set_id(session.ReadCheck().id());
    error.mutable_result()->mutable_error()->set_code(grpc::StatusCode::FAILED_PRECONDITION);
    error.mutable_result()->mutable_error()->set_message("no policy has loaded");
    session.Write(error);
    session.Event(v1::CURRENT, TestRevision(1));
    session.Answer(session.ReadCheck(), TestRevision(1));
    session.AwaitEnd();
    return grpc::Status::OK;
  });
  source_->Ask(1, kRead);
  EXPECT_EQ(NextAnswer().status, absl::FailedPreconditionError("no policy has loaded"));
  source_->Ask(2, kRead);
  NextRevision();
  EXPECT_TRUE(NextAnswer().status.ok());
}

TEST_F(SessionSourceTest, ASessionThatIsNotOpenedIsLostForWhatThePdpSaidOnIt) {
  options_.connect_timeout = milliseconds(200);
  Start([](FakeSession& session) {
    v1::SessionResponse error;
    error.mutable_result()->set_id(session.ReadCheck().id());
    error.mutable_result()->mutable_error()->set_code(grpc::StatusCode::FAILED_PRECONDITION);
    error.mutable_result()->mutable_error()->set_message("no policy has loaded");
    session.Write(error);
    session.AwaitEnd();
    return grpc::Status::OK;
  });
  source_->Ask(1, kRead);
  EXPECT_FALSE(NextAnswer().status.ok());
  const SourceLost lost = NextLost();
  EXPECT_EQ(lost.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(lost.status.message(), HasSubstr("within 200ms; it answers, with FAILED_PRECONDITION:"
                                               " no policy has loaded"));
}

TEST_F(SessionSourceTest, WhatCannotBeAskedIsAnsweredAtOnce) {
  options_.limits.max_open = 2;
  options_.limits.max_ask_bytes = 1'000;
  Connect("unix:/nonexistent/pdp.sock");
  // Nobody listens, so losses come between.
  const auto ask = [this](uint64_t id, std::string name) {
    source_->Ask(id, {{AccessKind::kTool, std::move(name)}});
    return sink_.Await<SourceAnswer>().value_or(SourceAnswer{});
  };
  const SourceAnswer bad_name = ask(1, "a\xff");
  EXPECT_EQ(bad_name.id, 1u);
  EXPECT_EQ(bad_name.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ask(2, std::string(2'000, 'x')).status.code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(SessionSourceTest, PastTheLimitOfOpenAsksTheyAreRefusedAtOnce) {
  options_.limits.max_open = 2;
  Start([](FakeSession& session) {
    session.Open();
    session.AwaitEnd();
    return grpc::Status::OK;
  });
  NextRevision();
  for (uint64_t id = 1; id <= 3; ++id) source_->Ask(id, kRead);
  const SourceAnswer refused = NextAnswer();
  EXPECT_EQ(refused.id, 3u);
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kResourceExhausted);
}

// Each way of breaking the protocol ends the session with INTERNAL, and the next one is made.
struct Breach {
  const char* name;
  std::function<void(FakeSession&)> commit;
  const char* says;
};

class SessionSourceBreachTest : public SessionSourceTest,
                                public testing::WithParamInterface<Breach> {};

TEST_P(SessionSourceBreachTest, EndsTheSessionAndMakesAnother) {
  // An ask that came behind the breach would be the next session's.
  std::promise<void> asked;
  Start([asked = asked.get_future().share()](FakeSession& session) {
    if (session.number() > 0) return FakePdp::Answering()(session);
    asked.wait();
    GetParam().commit(session);
    session.AwaitEnd();
    return grpc::Status::OK;
  });
  source_->Ask(1, kRead);
  asked.set_value();
  const std::optional<SourceLost> lost = sink_.Await<SourceLost>();
  ASSERT_TRUE(lost.has_value());
  EXPECT_EQ(lost->status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(lost->status.message(), HasSubstr(GetParam().says));
  NextRevision();
  source_->Ask(2, kRead);
  EXPECT_EQ(NextAnswer().id, 2u);
}

void Send(FakeSession& session, const std::function<void(v1::SessionResponse&)>& fill) {
  v1::SessionResponse response;
  fill(response);
  session.Write(response);
}

INSTANTIATE_TEST_SUITE_P(
    All, SessionSourceBreachTest,
    testing::Values(
        Breach{"FirstIsHeartbeat", [](auto& s) { s.Event(v1::HEARTBEAT, TestRevision(1)); },
               "its first event is not CURRENT"},
        Breach{"FirstIsChanged", [](auto& s) { s.Event(v1::CHANGED, TestRevision(1)); },
               "its first event is not CURRENT"},
        Breach{"FirstIsADecision", [](auto& s) { s.Answer(s.ReadCheck(), TestRevision(1)); },
               "a decision before its first event"},
        Breach{"CurrentTwice",
               [](auto& s) {
                 s.Open();
                 s.Event(v1::CURRENT, TestRevision(1));
               },
               "CURRENT in its midst"},
        Breach{"EmptyMessage", [](auto& s) { s.Write({}); }, "neither event nor result"},
        Breach{"EmptyEvent", [](auto& s) { Send(s, [](auto& r) { r.mutable_event(); }); },
               "an event of the kind 0"},
        Breach{"NoRevision", [](auto& s) { s.Event(v1::CURRENT, v1::Revision()); },
               "a revision without"},
        Breach{"NoLease",
               [](auto& s) {
                 Send(s, [](auto& r) {
                   r.mutable_event()->set_kind(v1::CURRENT);
                   *r.mutable_event()->mutable_revision() = TestRevision(1);
                 });
               },
               "an event without a lease"},
        Breach{"NegativeLease", [](auto& s) { s.Event(v1::CURRENT, TestRevision(1), seconds(-5)); },
               "a lease of -5 s"},
        Breach{"GenerationGoesBack",
               [](auto& s) {
                 s.Read();
                 s.Event(v1::CURRENT, TestRevision(5));
                 s.Event(v1::CHANGED, TestRevision(4));
               },
               "generation 4 after 5"},
        Breach{"AnswerToNoAsk",
               [](auto& s) {
                 s.Open();
                 Send(s, [](auto& r) { r.mutable_result()->set_id(99); });
               },
               "an answer to 99, which is not open"},
        Breach{"AnswerTwice",
               [](auto& s) {
                 s.Open();
                 const v1::SessionCheck check = s.ReadCheck();
                 s.Answer(check, TestRevision(1));
                 s.Answer(check, TestRevision(1));
               },
               "an answer to 1, which is not open"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(SessionSourceTest, EveryStatusAtTheEndIsALossAndThePdpIsAskedAgain) {
  Start([](FakeSession& session) {
    session.Open();
    session.ReadCheck();
    return grpc::Status(static_cast<grpc::StatusCode>(session.number()), "why");
  });
  for (int code = 0; code <= 16; ++code) {
    NextRevision();
    source_->Ask(static_cast<uint64_t>(code) + 1, kRead);
    const SourceLost lost = NextLost();
    EXPECT_EQ(lost.status.code(),
              code == 0 ? absl::StatusCode::kUnavailable : static_cast<absl::StatusCode>(code));
    EXPECT_THAT(lost.status.message(), HasSubstr(pdp_->address()));
    EXPECT_THAT(lost.status.message(), HasSubstr(code == 0 ? "ended the session" : "why"));
  }
}

TEST_F(SessionSourceTest, ALossEndsTheOpenAsksAndNewOnesAreAnswered) {
  Start([](FakeSession& session) {
    session.Open();
    if (session.number() == 0) {
      session.ReadCheck();
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "draining");
    }
    for (v1::SessionCheck check = session.ReadCheck(); check.id() != 0;
         check = session.ReadCheck()) {
      session.Answer(check, TestRevision(1));
    }
    return grpc::Status::OK;
  });
  NextRevision();
  source_->Ask(1, kRead);
  NextLost();
  source_->Ask(2, kRead);  // before there is a session
  NextRevision();
  source_->Ask(3, kRead);
  EXPECT_EQ(NextAnswer().id, 2u);
  EXPECT_EQ(NextAnswer().id, 3u);
}

TEST_F(SessionSourceTest, APdpThatSaysNothingForItsLeaseIsLeft) {
  Start([](FakeSession& session) {
    session.Open(milliseconds(100));
    session.AwaitEnd();
    return grpc::Status::OK;
  });
  const SourceRevision revision = NextRevision();
  const SourceLost lost = NextLost();
  const MonoDuration after = Clock::System().Now() - revision.lease_end;
  std::printf("lease 100 ms, loss told %ld ms after its end\n", Milliseconds(after));
  EXPECT_EQ(lost.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(lost.status.message(), HasSubstr("said nothing for as long as its lease"));
  EXPECT_GE(after, MonoDuration::zero());
  EXPECT_LE(after, seconds(1));
  NextRevision();
}

// The machine's clock, and time that passes all at once.
class SleptClock final : public Clock {
 public:
  MonoTime Now() const override { return System().Now() + slept_.load(); }
  absl::Time WallNow() const override { return System().WallNow(); }
  void Sleep(MonoDuration span) { slept_ = slept_.load() + span; }

 private:
  std::atomic<MonoDuration> slept_ = MonoDuration::zero();
};

// A heartbeat that waited to be read while this process stood still says that the PDP lived then.
TEST_F(SessionSourceTest, AnEventReadAfterTheLeaseIsOfNoUse) {
  SleptClock clock;
  pdp_ = std::make_unique<FakePdp>("127.0.0.1:0", [&clock](FakeSession& session) {
    session.Open(seconds(5));
    session.Read();  // what was applied: by now, the source waits for the next event
    clock.Sleep(seconds(6));
    session.Event(v1::HEARTBEAT, TestRevision(1), seconds(5));
    session.AwaitEnd();
    return grpc::Status::OK;
  });
  options_.address = pdp_->address();
  const auto source = SessionSource::Create(options_, &sink_, clock, log_);
  ASSERT_TRUE(source.ok()) << source.status();
  const SourceRevision revision = NextRevision();
  (*source)->Acknowledge(revision.revision);
  const SourceLost lost = NextLost();
  EXPECT_EQ(lost.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(lost.status.message(), HasSubstr("said nothing for as long as its lease"));
}

TEST_F(SessionSourceTest, AnAskWithoutAnAnswerEndsTheSessionThoughItBeats) {
  options_.answer_timeout = milliseconds(200);
  Start([](FakeSession& session) {
    if (session.number() > 0) return FakePdp::Answering()(session);
    session.Open();
    session.AwaitEnd();
    return grpc::Status::OK;
  });
  NextRevision();
  source_->Ask(1, kRead);
  const SourceLost lost = NextLost();
  EXPECT_EQ(lost.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(lost.status.message(), HasSubstr("left a question unanswered for 200ms"));
  NextRevision();
}

TEST_F(SessionSourceTest, APdpThatNeverOpensTheSessionIsAFailedAttempt) {
  options_.connect_timeout = milliseconds(100);
  Start([](FakeSession& session) {
    if (session.number() > 0) return FakePdp::Answering()(session);
    session.AwaitEnd();
    return grpc::Status::OK;
  });
  EXPECT_EQ(NextLost().status.code(), absl::StatusCode::kDeadlineExceeded);
  NextRevision();
}

// A port that accepts, as the kernel does for a stopped process, and never says a word.
class SilentListener {
 public:
  SilentListener() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(fd_.get(), 16) != 0 ||
        getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      ADD_FAILURE() << "no listener";
    }
    address_ = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
  }
  const std::string& address() const { return address_; }

 private:
  const UniqueFd fd_;
  std::string address_;
};

TEST_F(SessionSourceTest, AListenerThatAcceptsAndNeverAnswersIsLeftInTime) {
  const SilentListener listener;
  options_.connect_timeout = milliseconds(200);
  const MonoTime start = Clock::System().Now();
  Connect(listener.address());
  const SourceLost lost = NextLost();
  const MonoDuration took = Clock::System().Now() - start;
  std::printf("silent listener left after %ld ms\n", Milliseconds(took));
  EXPECT_EQ(lost.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(lost.status.message(), HasSubstr("did not open the session within 200ms"));
  EXPECT_LE(took, seconds(2));
}

TEST_F(SessionSourceTest, NobodyListeningSaysSo) {
  {
    const SilentListener gone;
    options_.address = gone.address();
  }
  Connect(options_.address);
  const SourceLost lost = NextLost();
  EXPECT_EQ(lost.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(lost.status.message(), HasSubstr("refused"));
}

TEST_F(SessionSourceTest, APdpThatComesBackOnItsAddressHealsIt) {
  options_.initial_backoff = SessionSourceOptions().initial_backoff;
  options_.max_backoff = SessionSourceOptions().max_backoff;
  Start(FakePdp::Answering());
  NextRevision();
  const std::string address = pdp_->address();
  pdp_.reset();
  for (int attempts = 0; attempts < 4; ++attempts) NextLost();
  pdp_ = std::make_unique<FakePdp>(address, FakePdp::Answering());
  const MonoTime back = Clock::System().Now();
  ASSERT_TRUE(sink_.Await<SourceRevision>().has_value());
  source_->Ask(1, kRead);
  EXPECT_TRUE(NextAnswer().status.ok());
  const MonoDuration took = Clock::System().Now() - back;
  std::printf("decisions again %ld ms after the PDP's return\n", Milliseconds(took));
  EXPECT_LE(took, seconds(3));
}

TEST_F(SessionSourceTest, ItWaitsBetweenAttempts) {
  options_.initial_backoff = milliseconds(100);
  options_.max_backoff = milliseconds(100);
  const MonoTime start = Clock::System().Now();
  Connect("unix:/nonexistent/pdp.sock");
  for (int attempts = 0; attempts < 4; ++attempts) NextLost();
  // At least half as long as it may, but for the first time.
  EXPECT_GE(Clock::System().Now() - start, milliseconds(100));
}

TEST_F(SessionSourceTest, AnotherReplicaTakesOver) {
  Start([](FakeSession& session) {
    const v1::Revision revision = TestRevision(3, absl::StrCat("epoch-", session.number()));
    session.Read();
    session.Event(v1::CURRENT, revision);
    session.Answer(session.ReadCheck(), revision);
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
  });
  for (int replica = 0; replica < 3; ++replica) {
    const Revision revision = Present(3, absl::StrCat("epoch-", replica));
    EXPECT_EQ(NextRevision().revision, revision);
    source_->Ask(static_cast<uint64_t>(replica) + 1, kRead);
    EXPECT_EQ(NextAnswer().revision, revision);
    NextLost();
  }
}

// A session that works and ends in good order, and one that ends in good order before it works.
constexpr char kWorks[] = "";
constexpr char kEndsAtOnce[] = "OK";

// What the log says of attempts that end with these messages, one after the other.
std::vector<std::string> LoggedOf(const std::vector<std::string>& ends) {
  const UniqueFd file(::memfd_create("log", MFD_CLOEXEC));
  const Log log(file.get(), LogLevel::kWarning, Clock::System());
  FakePdp pdp("127.0.0.1:0", [&ends](FakeSession& session) {
    const size_t number = static_cast<size_t>(session.number());
    if (number >= ends.size()) return FakePdp::Answering()(session);
    if (ends[number] == kEndsAtOnce) return grpc::Status::OK;
    if (ends[number] != kWorks) return grpc::Status(grpc::StatusCode::UNAVAILABLE, ends[number]);
    session.Open();
    return grpc::Status::OK;
  });
  SessionSourceOptions options;
  options.address = pdp.address();
  options.agent = "researcher";
  options.server = "files";
  options.initial_backoff = milliseconds(1);
  options.max_backoff = milliseconds(2);
  RecordingSink sink;
  auto source = SessionSource::Create(options, &sink, Clock::System(), log);
  for (size_t i = 0; i < ends.size(); ++i) EXPECT_TRUE(sink.Await<SourceLost>().has_value());
  EXPECT_TRUE(sink.Await<SourceRevision>().has_value());
  *source = nullptr;
  std::string text(1 << 16, '\0');
  text.resize(
      static_cast<size_t>(std::max<ssize_t>(0, ::pread(file.get(), text.data(), text.size(), 0))));
  std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  for (std::string& line : lines) {
    line = line.substr(line.find("UNAVAILABLE: ") + 13);
    line = line.substr(0, line.find('"'));
  }
  return lines;
}

TEST(SessionSourceLog, SaysEachReasonOfAnOutageOnce) {
  using testing::ElementsAre;
  EXPECT_THAT(LoggedOf({"a", "a", "b", "a", "b", "c"}), ElementsAre("a", "b", "c"));
  // It worked between, so that is news.
  EXPECT_THAT(LoggedOf({"a", "a", kWorks, "a", "a"}), ElementsAre("a", "a"));
  EXPECT_THAT(LoggedOf({kEndsAtOnce, kEndsAtOnce, kWorks}),
              ElementsAre("the PDP ended the session"));
  // Were each attempt's another one.
  EXPECT_EQ(LoggedOf({"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}).size(), 8u);
}

// How long the destructor takes in each state.
class SessionSourceEndTest : public SessionSourceTest {
 protected:
  void EndsAtOnce(const char* state) {
    const MonoTime start = Clock::System().Now();
    source_.reset();
    const MonoDuration took = Clock::System().Now() - start;
    std::printf("%s: ended after %ld ms\n", state, Milliseconds(took));
    EXPECT_LE(took, seconds(1)) << state;
  }
};

TEST_F(SessionSourceEndTest, WhileTheSessionLives) {
  Start(FakePdp::Answering());
  NextRevision();
  EndsAtOnce("live session");
  EXPECT_TRUE(sink_.empty()) << "its own end is no loss";
}

TEST_F(SessionSourceEndTest, WhileThePdpIsStuckWithOpenAsks) {
  Start([](FakeSession& session) {
    session.Open();
    session.AwaitEnd();
    return grpc::Status::OK;
  });
  NextRevision();
  source_->Ask(1, kRead);
  EndsAtOnce("stuck PDP");
}

TEST_F(SessionSourceEndTest, WhileItConnects) {
  const SilentListener listener;
  options_.connect_timeout = hours(1);
  Connect(listener.address());
  EndsAtOnce("silent listener");
}

TEST_F(SessionSourceEndTest, WhileItWaitsToTryAgain) {
  options_.initial_backoff = hours(1);
  options_.max_backoff = hours(1);
  Connect("unix:/nonexistent/pdp.sock");
  NextLost();
  EndsAtOnce("backoff");
}

TEST(SessionSourceCreate, RefusesWhatCannotWork) {
  const Log log(-1, LogLevel::kError, Clock::System());
  RecordingSink sink;
  const SessionSourceOptions good = {
      .address = "unix:/x", .sidecar_id = "i", .agent = "a", .server = "s", .version = "v"};
  const auto create = [&](SessionSourceOptions options) {
    return SessionSource::Create(std::move(options), &sink, Clock::System(), log).status().code();
  };
  EXPECT_EQ(create(good), absl::StatusCode::kOk);
  SessionSourceOptions bad = good;
  bad.address = "nowhere";
  EXPECT_EQ(create(bad), absl::StatusCode::kInvalidArgument);
  bad = good;
  bad.agent = "\xff";
  EXPECT_EQ(create(bad), absl::StatusCode::kInvalidArgument);
  bad = good;
  bad.server = "";
  EXPECT_EQ(create(bad), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace ostiary::sidecar
