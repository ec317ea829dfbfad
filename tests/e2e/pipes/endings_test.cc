// Every way to end, with 100 calls open before a server with a family that does not want to go:
// what is still answered arrives, every other call gets an error, the status is the server's, and
// nobody is left, in time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/clock.h"
#include "tests/e2e/pipes/process_facts.h"
#include "tests/e2e/pipes/rig.h"

namespace ostiary {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr int kOpenCalls = 100;

std::string Call(absl::string_view id, absl::string_view tool) {
  return absl::StrCat(R"({"jsonrpc":"2.0","id":)", id,
                      R"(,"method":"tools/call","params":{"name":")", tool, R"("}})");
}

class Endings : public ::testing::Test {
 protected:
  // `before` stands before the sidecar's own command.
  void Start(const std::vector<std::string>& server_flags,
             const std::vector<std::string>& before = {}) {
    std::vector<std::string> server = {FAMILY_SERVER};
    server.insert(server.end(), server_flags.begin(), server_flags.end());
    std::vector<std::string> command = folder_.Sidecar(server);
    command.insert(command.begin(), before.begin(), before.end());
    sidecar_ = std::make_unique<TestProcess>(command);
  }

  std::string Ask(absl::string_view id, absl::string_view tool) {
    sidecar_->WriteLine(Call(id, tool));
    return sidecar_->ReadLine().value_or("(nothing)");
  }
  // Gets to know the family, then leaves 100 calls open. `sidecar` is its id where that is not the
  // started process's.
  void OpenCalls(std::optional<pid_t> sidecar = std::nullopt) {
    const std::string answer = Ask("\"family\"", "family");
    for (const absl::string_view word : absl::StrSplit(answer, absl::ByAnyChar("\" "))) {
      if (pid_t pid; absl::SimpleAtoi(word, &pid)) family_.emplace_back(pid);
    }
    ASSERT_EQ(family_.size(), 4u) << answer;
    for (const ChildFacts& guard : GuardsBelow(sidecar.value_or(sidecar_->pid()))) {
      family_.emplace_back(guard.pid);
    }
    ASSERT_EQ(family_.size(), 5u);
    for (int i = 0; i < kOpenCalls; ++i) sidecar_->WriteLine(Call(absl::StrCat(i), "slow"));
    // What is denied is answered at once: then all before it are with the server.
    ASSERT_THAT(Ask("\"denied\"", "denied_tool"), HasSubstr("isError"));
    start_ = Clock::System().Now();
  }

  struct Counts {
    int answers = 0;
    int errors = 0;
  };
  Counts ReadToEnd() {
    Counts counts;
    while (const auto line = sidecar_->ReadLine()) {
      ++(absl::StrContains(*line, R"("error":)") ? counts.errors : counts.answers);
    }
    return counts;
  }
  void ExpectAnswers(int answers, int errors) {
    const Counts counts = ReadToEnd();
    EXPECT_EQ(counts.answers, answers);
    EXPECT_EQ(counts.errors, errors);
  }
  // The sidecar ends with `status` inside `limit`, and with it everybody.
  void ExpectEnd(absl::string_view ending, int status, milliseconds limit) {
    EXPECT_EQ(sidecar_->Wait(), status);
    const milliseconds took =
        std::chrono::duration_cast<milliseconds>(Clock::System().Now() - start_);
    const auto left = std::count_if(family_.begin(), family_.end(),
                                    [](const WatchedProcess& member) { return member.Lives(); });
    std::cout << ending << ": over after " << took.count() << " ms, " << left << " left\n";
    EXPECT_LT(took, limit);
    EXPECT_EQ(left, 0);
  }
  // The same where the sidecar can see to nothing any more.
  void ExpectNoOrphans(absl::string_view ending) {
    for (const WatchedProcess& member : family_) EXPECT_TRUE(member.Ends());
    const milliseconds took =
        std::chrono::duration_cast<milliseconds>(Clock::System().Now() - start_);
    std::cout << ending << ": nobody left after " << took.count() << " ms\n";
    EXPECT_LT(took, milliseconds(4000));
  }

  RulesFolder folder_;
  std::unique_ptr<TestProcess> sidecar_;
  std::vector<WatchedProcess> family_;
  MonoTime start_;
};

TEST_F(Endings, ServerKilled) {
  Start({});
  OpenCalls();
  sidecar_->WriteLine(Call("\"die\"", "die"));
  ExpectAnswers(0, kOpenCalls + 1);
  ExpectEnd("server killed", 128 + SIGKILL, milliseconds(4000));
}

TEST_F(Endings, EndOfInput) {
  Start({});
  OpenCalls();
  sidecar_->CloseInput();
  ExpectAnswers(kOpenCalls, 0);
  ExpectEnd("end of input", 7, milliseconds(4000));
}

TEST_F(Endings, EndOfInputThatTheServerIgnores) {
  Start({"--stubborn"});
  OpenCalls();
  sidecar_->CloseInput();
  ExpectAnswers(0, 0);  // a client that has closed awaits none
  ExpectEnd("end of input, ignored", 128 + SIGKILL, milliseconds(4000));
}

TEST_F(Endings, Terminated) {
  Start({});
  OpenCalls();
  sidecar_->Signal(SIGTERM);
  ExpectAnswers(kOpenCalls, 0);
  ExpectEnd("SIGTERM", 7, milliseconds(1000));
}

TEST_F(Endings, TerminatedWithAServerThatIgnoresIt) {
  Start({"--stubborn"});
  OpenCalls();
  sidecar_->Signal(SIGTERM);
  ExpectAnswers(0, kOpenCalls);
  ExpectEnd("SIGTERM, ignored", 128 + SIGKILL, milliseconds(1000));
}

TEST_F(Endings, SidecarKilled) {
  Start({"--stubborn"});
  OpenCalls();
  sidecar_->Signal(SIGKILL);
  ExpectNoOrphans("sidecar killed");
}

TEST_F(Endings, GroupOfTheSidecarKilled) {
  Start({"--stubborn"}, {"setsid"});
  OpenCalls();
  ::kill(-sidecar_->pid(), SIGKILL);
  ExpectNoOrphans("sidecar's group killed");
}

TEST_F(Endings, ClientKilled) {
  // The shell stands for the client, and the test keeps the pipes open.
  Start({"--stubborn"}, {"sh", "-c", "exec 3<&0; \"$@\" <&3 3<&- & echo $!; wait", "sh"});
  pid_t pid = 0;
  ASSERT_TRUE(absl::SimpleAtoi(sidecar_->ReadLine().value_or(""), &pid));
  const WatchedProcess sidecar(pid);
  OpenCalls(pid);
  sidecar_->Signal(SIGKILL);
  EXPECT_TRUE(sidecar.Ends());
  ExpectNoOrphans("client killed");
}

// What loses its parent becomes the guard's, and is waited for.
TEST_F(Endings, DaemonsThatEndLeaveNoZombie) {
  Start({});
  for (int i = 0; i < 100; ++i) ASSERT_THAT(Ask(absl::StrCat(i), "passing"), HasSubstr("done"));
  const std::vector<ChildFacts> guards = GuardsBelow(sidecar_->pid());
  ASSERT_EQ(guards.size(), 1u);
  std::vector<ChildFacts> children;
  const MonoTime until = Clock::System().Now() + TestProcess::kPatience;
  do {  // the server and its own daemon stay
    children = ChildrenOf(guards[0].pid);
  } while (children.size() > 2 && Clock::System().Now() < until);
  std::cout << "after 100 daemons the guard has " << children.size() << " children\n";
  EXPECT_EQ(children.size(), 2u);
  sidecar_->CloseInput();
  EXPECT_EQ(sidecar_->Wait(), 7);
}

// The client of 2026-07-28 starts the command twice; the first gets one question, then the end of
// its input and SIGTERM at once, and SIGKILL a second later.
class Probe : public Endings, public ::testing::WithParamInterface<const char*> {};

TEST_P(Probe, IsGoneWithinTheSecond) {
  const std::vector<std::string> flags = absl::StrSplit(GetParam(), ' ', absl::SkipEmpty());
  const MonoTime started = Clock::System().Now();
  Start(flags);
  sidecar_->WriteLine(R"({"jsonrpc":"2.0","id":"probe","method":"server/discover","params":{}})");
  EXPECT_THAT(sidecar_->ReadLine().value_or("(nothing)"), HasSubstr(R"("id":"probe")"));
  start_ = Clock::System().Now();
  std::cout << "probe answered after "
            << std::chrono::duration_cast<milliseconds>(start_ - started).count() << " ms\n";
  sidecar_->CloseInput();
  sidecar_->Signal(SIGTERM);
  ExpectEnd(absl::StrCat("probe ", GetParam()), flags.empty() ? 7 : 128 + SIGKILL,
            milliseconds(1000));
}

// It does not wait for an answer either.
TEST_P(Probe, IsGoneWithinTheSecondWhereItIsEndedAtOnce) {
  Start(absl::StrSplit(GetParam(), ' ', absl::SkipEmpty()));
  start_ = Clock::System().Now();
  sidecar_->WriteLine(R"({"jsonrpc":"2.0","id":"probe","method":"server/discover","params":{}})");
  sidecar_->CloseInput();
  sidecar_->Signal(SIGTERM);
  const milliseconds took = sidecar_->TimeToEnd();
  std::cout << "probe ended at once: over after " << took.count() << " ms\n";
  EXPECT_LT(took, milliseconds(1000));
}

INSTANTIATE_TEST_SUITE_P(Servers, Probe, ::testing::Values("", "--stubborn"),
                         [](const auto& info) { return info.index == 0 ? "orderly" : "stubborn"; });

}  // namespace
}  // namespace ostiary
