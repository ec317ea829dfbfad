#include "sidecar/stdio/shutdown_steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/fake_clock.h"

namespace ostiary::sidecar {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

std::string Name(ShutdownStep step) {
  switch (step) {
    case ShutdownStep::kNone:
      return "none";
    case ShutdownStep::kCloseServerInput:
      return "close";
    case ShutdownStep::kTerminateGroup:
      return "term";
    case ShutdownStep::kKillGroup:
      return "kill";
    case ShutdownStep::kAnnounceServerGone:
      return "announce";
    case ShutdownStep::kLeave:
      return "leave";
  }
  return "?";
}

// A session whose peers do nothing by themselves: the test changes `view` and lets time pass.
class ShutdownStepsTest : public ::testing::Test {
 protected:
  ShutdownStepsTest() {
    view.server_started = true;
    view.server_input_open = true;
    view.server_output_idle = true;
    view.client_input_idle = true;
  }

  // Takes all steps due now, and what they do to the view.
  void Settle() {
    while (!left) {
      const ShutdownStep step = steps.Next(view, clock.Now());
      if (step == ShutdownStep::kNone) return;
      const auto now = std::chrono::duration_cast<milliseconds>(clock.Now().time_since_epoch());
      seen.push_back(absl::StrCat(Name(step), "@", now.count()));
      if (step == ShutdownStep::kCloseServerInput) view.server_input_open = false;
      if (step == ShutdownStep::kKillGroup && dies_of_kill) EndServer();
      if (step == ShutdownStep::kLeave) left = true;
    }
  }
  // Lets time pass, stopping at each deadline as the event loop does.
  void Pass(MonoDuration duration) {
    const MonoTime until = clock.Now() + duration;
    Settle();
    while (!left && steps.NextDeadline().has_value() && *steps.NextDeadline() <= until) {
      clock.Advance(*steps.NextDeadline() - clock.Now());
      Settle();
    }
    if (clock.Now() < until) clock.Advance(until - clock.Now());
    Settle();
  }
  void EndServer() {
    view.server_ended = true;
    view.server_output_ended = true;
  }

  FakeClock clock;
  ShutdownSteps steps;
  ShutdownView view;
  std::vector<std::string> seen;
  bool dies_of_kill = true;
  bool left = false;
};

TEST_F(ShutdownStepsTest, NothingHappensWhileTheSessionLives) {
  Pass(std::chrono::hours(1));
  EXPECT_THAT(seen, ElementsAre());
  EXPECT_EQ(steps.NextDeadline(), std::nullopt);
}

TEST_F(ShutdownStepsTest, EndOfInputWithAServerThatLeavesAtOnce) {
  view.client_input_closed = view.client_input_ended = true;
  Pass(milliseconds(10));
  EndServer();
  Pass(milliseconds(10));
  EXPECT_THAT(seen, ElementsAre("close@0", "kill@10", "announce@10", "leave@10"));
}

TEST_F(ShutdownStepsTest, EndOfInputWaitsForDecisions) {
  view.client_input_closed = view.client_input_ended = true;
  view.decisions_wait = true;
  Pass(milliseconds(300));
  EXPECT_THAT(seen, ElementsAre());
  view.decisions_wait = false;
  view.to_server_pending = true;
  Pass(milliseconds(100));
  EXPECT_THAT(seen, ElementsAre());
  view.to_server_pending = false;
  Pass(milliseconds(0));
  EXPECT_THAT(seen, ElementsAre("close@400"));
}

TEST_F(ShutdownStepsTest, EndOfInputWithAServerThatIgnoresEverything) {
  view.client_input_closed = view.client_input_ended = true;
  Pass(std::chrono::seconds(10));
  EXPECT_THAT(seen,
              ElementsAre("close@0", "term@1500", "kill@2500", "announce@2500", "leave@2500"));
}

TEST_F(ShutdownStepsTest, TheSlowestEndOfInputStaysInsideFourSeconds) {
  view.client_input_closed = view.client_input_ended = true;
  view.decisions_wait = true;
  view.to_client_pending = true;
  dies_of_kill = false;
  Pass(std::chrono::seconds(10));
  EXPECT_THAT(seen,
              ElementsAre("close@1000", "term@2500", "kill@3500", "announce@3700", "leave@3700"));
}

TEST_F(ShutdownStepsTest, SignalGoesOnAtOnce) {
  view.told_to_end = true;
  Pass(milliseconds(100));
  EndServer();
  Pass(milliseconds(0));
  EXPECT_THAT(seen, ElementsAre("close@0", "term@0", "kill@100", "announce@100", "leave@100"));
}

TEST_F(ShutdownStepsTest, SignalWithAServerThatIgnoresIt) {
  view.told_to_end = true;
  Pass(std::chrono::seconds(10));
  EXPECT_THAT(seen, ElementsAre("close@0", "term@0", "kill@800", "announce@800", "leave@800"));
}

TEST_F(ShutdownStepsTest, SignalWithAServerThatCannotDie) {
  view.told_to_end = true;
  dies_of_kill = false;
  Pass(std::chrono::seconds(10));
  EXPECT_THAT(seen, ElementsAre("close@0", "term@0", "kill@800", "announce@900", "leave@900"));
}

TEST_F(ShutdownStepsTest, SignalInTheMiddleOfAnEndOfInput) {
  view.client_input_closed = view.client_input_ended = true;
  Pass(milliseconds(200));
  view.told_to_end = true;
  Pass(std::chrono::seconds(10));
  EXPECT_THAT(seen, ElementsAre("close@0", "term@200", "kill@1000", "announce@1000", "leave@1000"));
}

TEST_F(ShutdownStepsTest, SignalBeforeTheServerStarted) {
  view.server_started = false;
  view.server_input_open = false;
  view.decisions_wait = true;
  view.told_to_end = true;
  Pass(milliseconds(0));
  EXPECT_THAT(seen, ElementsAre("leave@0"));
}

// The client closed its pipe, and what it wrote cannot all be read.
TEST_F(ShutdownStepsTest, EndOfInputBehindAServerThatDoesNotRead) {
  view.client_input_closed = true;
  view.client_input_idle = false;
  view.to_server_pending = true;
  Pass(milliseconds(5000));
  EXPECT_THAT(seen,
              ElementsAre("close@1000", "term@2500", "kill@3500", "announce@3500", "leave@3700"));
}

TEST_F(ShutdownStepsTest, EndOfInputBehindAServerThatReadsSlowlyWaits) {
  view.client_input_closed = true;
  view.client_input_idle = false;
  view.to_server_pending = true;
  for (int i = 0; i < 10; ++i) {
    Pass(milliseconds(900));
    ++view.to_server_written;
    Settle();
  }
  EXPECT_THAT(seen, ElementsAre());
  view.client_input_closed = view.client_input_ended = true;
  view.to_server_pending = false;
  Settle();
  EXPECT_THAT(seen, ElementsAre("close@9000"));
}

// What it does not read stops us from reading what it wrote before it went.
TEST_F(ShutdownStepsTest, EndOfInputBehindAClientThatReadsSlowlyWaits) {
  view.client_input_closed = true;
  view.client_input_idle = false;
  view.to_client_pending = true;
  for (int i = 0; i < 10; ++i) {
    Pass(milliseconds(900));
    ++view.to_client_written;
    Settle();
  }
  EXPECT_THAT(seen, ElementsAre());
}

TEST_F(ShutdownStepsTest, AServerThatReadsSlowlyKeepsNobodyWhereTheClientIsGone) {
  view.client_input_closed = true;
  view.client_input_idle = false;
  view.client_output_broken = true;
  dies_of_kill = false;
  for (int i = 0; i < 10; ++i) {
    Pass(milliseconds(900));
    ++view.to_server_written;
  }
  EXPECT_EQ(seen.back(), "leave@3700");
}

TEST_F(ShutdownStepsTest, EndOfInputBeforeTheServerStarted) {
  view.server_started = false;
  view.server_input_open = false;
  view.decisions_wait = true;
  view.client_input_closed = view.client_input_ended = true;
  Pass(milliseconds(100));
  EXPECT_THAT(seen, ElementsAre());
  view.decisions_wait = false;
  view.to_client_pending = true;
  Pass(milliseconds(100));
  EXPECT_THAT(seen, ElementsAre());
  view.to_client_pending = false;
  Pass(milliseconds(0));
  EXPECT_THAT(seen, ElementsAre("leave@200"));
}

TEST_F(ShutdownStepsTest, ClientThatNeverReadsAgain) {
  view.client_output_broken = true;
  view.decisions_wait = true;
  Pass(std::chrono::seconds(10));
  EXPECT_THAT(seen,
              ElementsAre("close@0", "term@1500", "kill@2500", "announce@2500", "leave@2500"));
}

TEST_F(ShutdownStepsTest, ServerThatEndsIsReadToTheEnd) {
  view.server_ended = true;
  view.server_output_idle = false;
  Pass(milliseconds(100));
  EXPECT_THAT(seen, ElementsAre("close@0"));
  view.server_output_ended = true;
  view.to_client_pending = true;
  Pass(milliseconds(100));
  EXPECT_THAT(seen, ElementsAre("close@0", "kill@100", "announce@100"));
  view.to_client_pending = false;
  Pass(milliseconds(0));
  EXPECT_THAT(seen.back(), "leave@200");
}

TEST_F(ShutdownStepsTest, HowAServerEndedIsHeardFirst) {
  view.server_output_ended = true;
  Pass(milliseconds(50));
  EXPECT_THAT(seen, ElementsAre("close@0"));
  EndServer();
  Pass(milliseconds(0));
  EXPECT_THAT(seen, ElementsAre("close@0", "kill@50", "announce@50", "leave@50"));
}

TEST_F(ShutdownStepsTest, WhatAServerSaidAtItsEndIsDecidedFirst) {
  EndServer();
  view.server_words_wait = true;
  Pass(milliseconds(100));
  EXPECT_THAT(seen, ElementsAre("close@0", "kill@0"));
  view.server_words_wait = false;
  Pass(milliseconds(0));
  EXPECT_THAT(seen, ElementsAre("close@0", "kill@0", "announce@100", "leave@100"));
}

TEST_F(ShutdownStepsTest, WhatAServerSaidAtItsEndWaitsNotForEver) {
  EndServer();
  view.server_words_wait = true;
  Pass(std::chrono::seconds(10));
  EXPECT_THAT(seen, ElementsAre("close@0", "kill@0", "announce@3000", "leave@3000"));
}

TEST_F(ShutdownStepsTest, WhatAServerSaidAtItsEndIsOfNoUseToAClientThatIsGone) {
  EndServer();
  view.server_words_wait = true;
  view.client_output_broken = true;
  Pass(milliseconds(0));
  EXPECT_THAT(seen, ElementsAre("close@0", "kill@0", "announce@0", "leave@0"));
}

TEST_F(ShutdownStepsTest, GrandchildInTheGroupThatHoldsTheOutput) {
  view.server_ended = true;
  Pass(std::chrono::seconds(1));
  EXPECT_THAT(seen, ElementsAre("close@0", "kill@250", "announce@250", "leave@250"));
}

TEST_F(ShutdownStepsTest, SilentStrangerThatHoldsTheOutput) {
  dies_of_kill = false;
  view.server_ended = true;
  Pass(std::chrono::seconds(1));
  EXPECT_THAT(seen, ElementsAre("close@0", "kill@250", "announce@500", "leave@500"));
}

TEST_F(ShutdownStepsTest, StrangerThatWritesForEver) {
  dies_of_kill = false;
  view.server_ended = true;
  view.server_output_idle = false;
  Pass(std::chrono::seconds(10));
  EXPECT_THAT(seen, ElementsAre("close@0", "kill@250", "announce@3000", "leave@3000"));
}

TEST_F(ShutdownStepsTest, SlowClientGetsTheLastWordsOfAServerThatEnded) {
  dies_of_kill = false;
  view.server_ended = true;
  view.server_output_idle = false;
  view.server_output_paused = true;
  view.to_client_pending = true;
  for (int i = 1; i <= 10; ++i) {
    Pass(milliseconds(1500));
    view.to_client_written += 1;
  }
  EXPECT_THAT(seen, ElementsAre("close@0", "kill@250"));
}

// What stood in its pipe meanwhile is read as soon as there is room for it.
TEST_F(ShutdownStepsTest, TheTimeASlowClientTakesIsNotTheLastWords) {
  dies_of_kill = false;
  view.server_ended = true;
  view.server_output_idle = false;
  view.server_output_paused = true;
  view.to_client_pending = true;
  for (int i = 1; i <= 4; ++i) {
    Pass(milliseconds(1500));
    view.to_client_written += 1;
  }
  view.server_output_paused = false;
  Pass(milliseconds(2900));
  EXPECT_THAT(seen, ElementsAre("close@0", "kill@250"));
  Pass(milliseconds(100));
  EXPECT_THAT(seen.back(), "announce@9000") << "it writes for ever";
}

// They still stand in its pipe, since the client does not read what it has.
TEST_F(ShutdownStepsTest, StuckClientLosesTheLastWordsOfAServerThatEnded) {
  dies_of_kill = false;
  view.server_ended = true;
  view.server_output_idle = false;
  view.server_output_paused = true;
  view.to_client_pending = true;
  Pass(std::chrono::seconds(10));
  EXPECT_THAT(seen, ElementsAre("close@0", "kill@250", "announce@2000", "leave@4000"));
}

TEST_F(ShutdownStepsTest, RequestsOnTheirWayAreReadButNotForEver) {
  EndServer();
  view.client_input_idle = false;
  Pass(milliseconds(100));
  EXPECT_THAT(seen, ElementsAre("close@0", "kill@0", "announce@0"));
  Pass(std::chrono::seconds(1));
  EXPECT_EQ(seen.back(), "leave@250");
}

TEST_F(ShutdownStepsTest, StuckClientHoldsNothingUpForLong) {
  EndServer();
  view.to_client_pending = true;
  Pass(std::chrono::seconds(10));
  EXPECT_THAT(seen, ElementsAre("close@0", "kill@0", "announce@0", "leave@2000"));
}

TEST_F(ShutdownStepsTest, ServerThatClosesItsOutputIsAskedToGo) {
  view.server_output_ended = true;
  Pass(std::chrono::seconds(10));
  EXPECT_THAT(seen, ElementsAre("close@0", "announce@250", "term@1500", "kill@2500", "leave@2500"));
}

TEST_F(ShutdownStepsTest, ServerThatClosesItsOutputAndCannotDie) {
  view.server_output_ended = true;
  dies_of_kill = false;
  Pass(std::chrono::seconds(10));
  EXPECT_THAT(seen, ElementsAre("close@0", "announce@250", "term@1500", "kill@2500", "leave@3000"));
}

TEST_F(ShutdownStepsTest, ServerThatClosesItsInputIsAskedToGo) {
  view.server_input_open = false;
  view.server_input_broken = true;
  Pass(std::chrono::seconds(10));
  EXPECT_THAT(seen, ElementsAre("term@1500", "kill@2500", "announce@2500", "leave@2500"));
}

}  // namespace
}  // namespace ostiary::sidecar
