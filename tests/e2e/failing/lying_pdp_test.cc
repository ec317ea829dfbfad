// A PDP that answers wrongly, over real gRPC, with a real sidecar and server: whatever it says that
// is not a decision to the contract, nothing runs and nothing is shown, each call has an answer
// that says that no decision could be had, and what is decided rightly meanwhile passes.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/fake_pdp.h"
#include "tests/support/test_process.h"

namespace ostiary {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// What becomes of a check, or of the first message.
using Lie = std::function<void(FakeSession&, const v1::SessionCheck&)>;

struct Case {
  std::string name;
  Lie lie;
  std::string outcome;  // the denial's reason
};

constexpr char kFailed[] = "DECISION_SOURCE_FAILED";
constexpr char kUnusable[] = "DECISION_UNUSABLE";
constexpr char kTimeout[] = "DECISION_TIMEOUT";

// An answer that is right but for what `spoil` does to it.
Case Spoilt(const std::string& name, const std::function<void(v1::SessionResult&)>& spoil,
            const std::string& outcome = kFailed) {
  const Lie lie = [spoil](FakeSession& session, const v1::SessionCheck& check) {
    v1::SessionResponse response;
    v1::SessionResult& result = *response.mutable_result();
    result.set_id(check.id());
    *result.mutable_revision() = TestRevision(1);
    for (int i = 0; i < check.accesses_size(); ++i) {
      *result.add_decisions() = TestDecision(v1::ALLOW, v1::EXPLICIT_ALLOW);
    }
    spoil(result);
    session.Write(response);
  };
  return {name, lie, outcome};
}

Case SpoiltDecision(const std::string& name, v1::Effect effect, v1::Reason reason) {
  return Spoilt(name, [effect, reason](v1::SessionResult& result) {
    for (v1::Decision& decision : *result.mutable_decisions()) {
      decision = TestDecision(effect, reason);
    }
  });
}

Case UnderRevision(const std::string& name, const v1::Revision& revision,
                   const std::string& outcome) {
  return Spoilt(
      name, [revision](v1::SessionResult& result) { *result.mutable_revision() = revision; },
      outcome);
}

std::vector<Case> ErrorCases() {
  std::vector<Case> cases;
  // All 16 codes, and codes that no error has.
  for (int code = -1; code <= 17; ++code) {
    const auto set_error = [code](v1::SessionResult& result) {
      result.clear_decisions();
      result.mutable_error()->set_code(code);
    };
    const auto add_error = [code](v1::SessionResult& result) {
      result.mutable_error()->set_code(code);
      result.mutable_error()->set_message("but allow it all the same");
    };
    cases.push_back(Spoilt(absl::StrCat("error ", code), set_error));
    cases.push_back(Spoilt(absl::StrCat("error ", code, " beside allows"), add_error));
  }
  return cases;
}

std::vector<Case> AnswerCases() {
  const auto effect_99 = static_cast<v1::Effect>(99);
  const auto reason_99 = static_cast<v1::Reason>(99);
  v1::Revision other_digest = TestRevision(1);
  other_digest.set_digest("sha256:other");
  v1::Revision no_generation = TestRevision(1);
  no_generation.clear_generation();
  std::vector<Case> cases = {
      Spoilt("nothing but an id",
             [](v1::SessionResult& result) {
               result.clear_decisions();
               result.clear_revision();
             }),
      Spoilt("no decision", [](v1::SessionResult& result) { result.clear_decisions(); }),
      Spoilt("one decision fewer",
             [](v1::SessionResult& result) { result.mutable_decisions()->RemoveLast(); }),
      Spoilt("one decision more",
             [](v1::SessionResult& result) { *result.add_decisions() = result.decisions(0); }),
      Spoilt("empty decisions",
             [](v1::SessionResult& result) {
               for (v1::Decision& decision : *result.mutable_decisions()) decision.Clear();
             }),
      SpoiltDecision("no effect", v1::EFFECT_UNSPECIFIED, v1::EXPLICIT_ALLOW),
      SpoiltDecision("an effect of a later contract", effect_99, v1::EXPLICIT_ALLOW),
      SpoiltDecision("an allow without a reason", v1::ALLOW, v1::REASON_UNSPECIFIED),
      SpoiltDecision("an allow for a reason of a later contract", v1::ALLOW, reason_99),
      SpoiltDecision("an allow for a reason that denies", v1::ALLOW, v1::EXPLICIT_DENY),
      SpoiltDecision("a deny for a reason that allows", v1::DENY, v1::EXPLICIT_ALLOW),
      Spoilt("no revision", [](v1::SessionResult& result) { result.clear_revision(); }),
      UnderRevision("a revision without a generation", no_generation, kFailed),
      UnderRevision("another epoch", TestRevision(1, "epoch-2"), kUnusable),
      UnderRevision("another epoch's later generation", TestRevision(9, "epoch-2"), kUnusable),
      UnderRevision("the same generation with another digest", other_digest, kUnusable),
  };
  return cases;
}

// A real sidecar and server before a PDP that lies about the tool "read" and about lists.
class LyingPdpTest : public testing::Test {
 protected:
  LyingPdpTest() {
    std::string path = testing::TempDir() + "/ostiary_lying_XXXXXX";
    folder_ = ::mkdtemp(path.data());
  }
  ~LyingPdpTest() override {
    sidecar_.reset();
    std::filesystem::remove_all(folder_);
  }

  // `timeout` is how long a message waits for its decision: short where every call waits it out.
  void Start(const FakePdp& pdp, const std::string& timeout = "10s") {
    std::filesystem::remove(CallsPath());
    sidecar_ = std::make_unique<TestProcess>(std::vector<std::string>{
        SIDECAR, "run", "--agent", "a", "--server", "toy", "--pdp", pdp.address(), "--denial=error",
        "--decision-timeout=" + timeout, "--", TOY_SERVER, "--calls-file", CallsPath()});
  }
  void End() {
    sidecar_->CloseInput();
    EXPECT_THAT(sidecar_->ReadRest(), IsEmpty());
    EXPECT_EQ(sidecar_->Wait(), 0) << sidecar_->Errors();
    // The log is ours alone: a library's own lines are no JSON, and wait for who reads them.
    const std::string log = sidecar_->Errors();
    for (const absl::string_view line : absl::StrSplit(log, '\n', absl::SkipEmpty())) {
      EXPECT_THAT(std::string(line), AllOf(StartsWith("{\"time\":"), EndsWith("}")));
    }
    sidecar_.reset();
  }

  std::string Request(absl::string_view method, absl::string_view params) {
    sidecar_->WriteLine(absl::StrCat(R"({"jsonrpc":"2.0","id":)", ++last_id_, R"(,"method":")",
                                     method, R"(","params":)", params, "}"));
    return sidecar_->ReadLine().value_or("(nothing)");
  }
  // Until the server answers; a short timeout may be over before the PDP has said anything.
  void Initialize() {
    std::string answer;
    do {
      answer = Request("initialize", "{}");
    } while (absl::StrContains(answer, "\"undecided\""));
    EXPECT_THAT(answer, HasSubstr("serverInfo"));
  }
  std::string Call(absl::string_view tool) {
    return Request("tools/call", absl::StrCat(R"({"name":")", tool, R"("})"));
  }
  // Until there is a decision on `tool`: after a session ended, the next one takes a moment.
  std::string CallDecided(absl::string_view tool) {
    std::string answer;
    do {
      answer = Call(tool);
    } while (absl::StrContains(answer, "\"undecided\""));
    return answer;
  }
  std::string Runs() const {
    std::ostringstream text;
    text << std::ifstream(CallsPath()).rdbuf();
    return text.str();
  }

  void ExpectUndecided(const std::string& answer, const std::string& outcome) {
    ++calls_;
    EXPECT_THAT(answer, HasSubstr("\"code\":5030"));
    EXPECT_THAT(answer, HasSubstr(outcome));
  }

  // Answers the truth but for what is said to be lied about.
  static FakePdp::Script LyingAboutRead(const Lie& lie) {
    return [lie](FakeSession& session) {
      session.Open();
      for (v1::SessionCheck check = session.ReadCheck(); check.id() != 0;
           check = session.ReadCheck()) {
        const bool truth = check.accesses_size() == 1 && check.accesses(0).name() != "read";
        if (truth) {
          session.Answer(check, TestRevision(1));
        } else {
          lie(session, check);
        }
      }
      return grpc::Status::OK;
    };
  }

  void ExpectNothingComesOf(const Case& test) {
    SCOPED_TRACE(test.name);
    const FakePdp pdp("127.0.0.1:0", LyingAboutRead(test.lie));
    Start(pdp);
    Initialize();
    ExpectUndecided(Call("read"), test.outcome);
    ExpectUndecided(Request("tools/list", "{}"), test.outcome);
    EXPECT_THAT(Call("write"), HasSubstr("done"));
    End();
    EXPECT_EQ(Runs(), "write\n");
  }

  std::string CallsPath() const { return folder_ + "/calls"; }

  std::string folder_;
  std::unique_ptr<TestProcess> sidecar_;
  int last_id_ = 0;
  int calls_ = 0;
};

TEST_F(LyingPdpTest, NoErrorIsADecision) {
  const std::vector<Case> cases = ErrorCases();
  for (const Case& test : cases) ExpectNothingComesOf(test);
  std::printf("[ figures  ] %zu kinds of error, %d requests: 0 allows\n", cases.size(), calls_);
}

TEST_F(LyingPdpTest, NoOddAnswerIsADecision) {
  const std::vector<Case> cases = AnswerCases();
  for (const Case& test : cases) ExpectNothingComesOf(test);
  std::printf("[ figures  ] %zu odd answers, %d requests: 0 allows\n", cases.size(), calls_);
}

// A deny is safe: a later PDP may know reasons that this sidecar does not.
TEST_F(LyingPdpTest, ADenyForAReasonOfALaterContractIsADeny) {
  const FakePdp pdp("127.0.0.1:0",
                    LyingAboutRead(SpoiltDecision("", v1::DENY, static_cast<v1::Reason>(99)).lie));
  Start(pdp);
  Initialize();
  EXPECT_THAT(Call("read"), AllOf(HasSubstr("\"code\":4030"), HasSubstr("REASON_99")));
  End();
  EXPECT_EQ(Runs(), "");
}

// The stream ends with each of the codes, OK too, in answer to the question.
TEST_F(LyingPdpTest, NoEndOfTheSessionIsADecision) {
  for (int code = 0; code <= 16; ++code) {
    SCOPED_TRACE(absl::StrCat("the session ends with ", code));
    const FakePdp pdp("127.0.0.1:0", [code](FakeSession& session) {
      session.Open();
      while (true) {
        const v1::SessionCheck check = session.ReadCheck();
        const bool truth = check.id() != 0 && check.accesses(0).name() != "read";
        if (!truth) return grpc::Status(static_cast<grpc::StatusCode>(code), "as the test says");
        session.Answer(check, TestRevision(1));
      }
    });
    Start(pdp, "200ms");
    Initialize();
    ExpectUndecided(Call("read"), kTimeout);
    EXPECT_THAT(CallDecided("write"), HasSubstr("done"));
    End();
    EXPECT_EQ(Runs(), "write\n");
  }
  std::printf("[ figures  ] 17 ways to end a session, %d requests: 0 allows\n", calls_);
}

// The same before the session has said anything: the server is never started.
TEST_F(LyingPdpTest, NoRefusalOfASessionIsADecision) {
  for (int code = 0; code <= 16; ++code) {
    SCOPED_TRACE(absl::StrCat("the session is refused with ", code));
    const FakePdp pdp("127.0.0.1:0", [code](FakeSession& session) {
      session.Read();
      return grpc::Status(static_cast<grpc::StatusCode>(code), "as the test says");
    });
    Start(pdp, "200ms");
    ExpectUndecided(Request("initialize", "{}"), kTimeout);
    ExpectUndecided(Call("read"), kTimeout);
    End();
    EXPECT_FALSE(std::filesystem::exists(CallsPath()));
  }
  std::printf("[ figures  ] 17 ways to refuse one, %d requests: 0 allows\n", calls_);
}

// What breaks the session's protocol ends the session: a decision in the wrong place may be
// another question's.
TEST_F(LyingPdpTest, NoDecisionOutOfPlaceIsADecision) {
  const auto allow = [](FakeSession& session, uint64_t id, int count) {
    v1::SessionCheck check;
    check.set_id(id);
    for (int i = 0; i < count; ++i) check.add_accesses();
    session.Answer(check, TestRevision(1));
  };
  const std::vector<std::pair<std::string, Lie>> breaches = {
      {"an answer to a question never asked",
       [&](FakeSession& session, const v1::SessionCheck& check) {
         allow(session, check.id() + 1000, check.accesses_size());
       }},
      {"an answer to a question answered already",
       [&](FakeSession& session, const v1::SessionCheck& check) {
         allow(session, check.id() - 1, check.accesses_size());
       }},
      {"a message that is neither event nor result",
       [](FakeSession& session, const v1::SessionCheck& /*check*/) { session.Write({}); }},
      {"a second CURRENT, then an allow",
       [&](FakeSession& session, const v1::SessionCheck& check) {
         session.Event(v1::CURRENT, TestRevision(1));
         allow(session, check.id(), check.accesses_size());
       }},
      {"an event of no kind, then an allow",
       [&](FakeSession& session, const v1::SessionCheck& check) {
         session.Event(v1::EVENT_KIND_UNSPECIFIED, TestRevision(1));
         allow(session, check.id(), check.accesses_size());
       }},
      {"an event with a lease of 0 s, then an allow",
       [&](FakeSession& session, const v1::SessionCheck& check) {
         session.Event(v1::HEARTBEAT, TestRevision(1), MonoDuration::zero());
         allow(session, check.id(), check.accesses_size());
       }},
      {"an allow with a text that is not UTF-8",
       Spoilt("",
              [](v1::SessionResult& result) { result.mutable_decisions(0)->set_message("\xff"); })
           .lie},
  };
  for (const auto& [name, lie] : breaches) {
    SCOPED_TRACE(name);
    const FakePdp pdp("127.0.0.1:0", LyingAboutRead(lie));
    Start(pdp, "200ms");
    Initialize();
    const std::string late = Call("read");
    ExpectUndecided(late, kTimeout);
    EXPECT_THAT(late, HasSubstr("within 200 ms"));
    EXPECT_THAT(CallDecided("write"), HasSubstr("done"));
    End();
    EXPECT_EQ(Runs(), "write\n");
  }
  std::printf("[ figures  ] %zu breaches, %d requests: 0 allows\n", breaches.size(), calls_);
}

// Cached allows end with the lease of the PDP's last word, which only a scripted PDP can tell to
// the millisecond, whatever the sidecar hears on other ways.
TEST_F(LyingPdpTest, CachedAllowsEndWithTheLease) {
  constexpr std::chrono::milliseconds kLease(1'000);
  std::atomic<MonoTime> last_word;
  const FakePdp pdp("127.0.0.1:0", [&last_word, kLease](FakeSession& session) {
    if (session.number() > 0) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "no more");
    session.Open(kLease);
    session.Answer(session.ReadCheck(), TestRevision(1));  // may it use the server?
    session.Answer(session.ReadCheck(), TestRevision(1));
    last_word = Clock::System().Now();
    session.Event(v1::HEARTBEAT, TestRevision(1), kLease);
    session.AwaitEnd();
    return grpc::Status::OK;
  });
  Start(pdp, "1s");
  Initialize();
  ASSERT_THAT(Call("read"), HasSubstr("done"));
  MonoTime last_allow;
  int allows = 1;
  std::string answer;
  MonoTime sent = Clock::System().Now();
  while (absl::StrContains(answer = Call("read"), "done")) {
    ++allows;
    last_allow = std::exchange(sent, Clock::System().Now());
  }
  ExpectUndecided(answer, kTimeout);
  using Milliseconds = std::chrono::duration<double, std::milli>;
  const double end = Milliseconds(last_allow - last_word.load() - kLease).count();
  std::printf("[ figures  ] %d cached allows; the last was sent %.1f ms after the lease's end\n",
              allows, end);
  EXPECT_LT(end, 1'000) << "cached allows went on";
  EXPECT_GT(end, -500) << "the lease was cut short";
  End();
}

// Two questions with each other's answers: a list's four decisions for a call and the reverse.
TEST_F(LyingPdpTest, NoAnswerIsUsedForAnotherQuestion) {
  const FakePdp pdp("127.0.0.1:0", [](FakeSession& session) {
    session.Open();
    session.Answer(session.ReadCheck(), TestRevision(1));  // may it use the server?
    v1::SessionCheck first = session.ReadCheck();
    v1::SessionCheck second = session.ReadCheck();
    const uint64_t id = first.id();
    first.set_id(second.id());
    second.set_id(id);
    session.Answer(first, TestRevision(1));
    session.Answer(second, TestRevision(1));
    session.AwaitEnd();
    return grpc::Status::OK;
  });
  Start(pdp);
  Initialize();
  sidecar_->WriteLine(R"({"jsonrpc":"2.0","id":8,"method":"tools/list"})");
  sidecar_->WriteLine(R"({"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"late"}})");
  for (int i = 0; i < 2; ++i) ExpectUndecided(sidecar_->ReadLine().value_or(""), kFailed);
  End();
  EXPECT_EQ(Runs(), "");
}

}  // namespace
}  // namespace ostiary
