#include "sidecar/stdio/server_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "common/clock.h"

namespace ostiary::sidecar {
namespace {

// Starts and ends as it is told to.
class ToldProcess final : public ServerProcess {
 public:
  absl::StatusOr<ServerPipes> Start() override {
    if (!start.ok()) return start;
    return ServerPipes();
  }
  int end_fd() const override { return -1; }
  std::optional<int> Ended() override { return ended; }
  void SignalGroup(int signal) override { signalled = signal; }

  absl::Status start;
  std::optional<int> ended;
  int signalled = 0;
};

class ServerRunTest : public ::testing::Test {
 protected:
  ServerRunTest() : log_(-1, LogLevel::kError, Clock::System()), run_(&process_, &log_) {}

  const Log log_;
  ToldProcess process_;
  ServerRun run_;
};

TEST_F(ServerRunTest, ThatNeverBeganHasNoStatus) {
  process_.ended = 0;
  run_.LookForEnd();
  EXPECT_FALSE(run_.begun());
  EXPECT_FALSE(run_.over());
  EXPECT_FALSE(run_.awaits_end());
  EXPECT_EQ(run_.ExitStatus(), std::nullopt);
}

TEST_F(ServerRunTest, ThatCannotBeStartedIsOverAtOnce) {
  process_.start = absl::NotFoundError("cannot run x");
  EXPECT_FALSE(run_.Start().has_value());
  EXPECT_TRUE(run_.begun());
  EXPECT_TRUE(run_.failed());
  EXPECT_TRUE(run_.over());
  EXPECT_FALSE(run_.awaits_end());
  EXPECT_EQ(run_.WhyGone(), "the server could not be started: cannot run x");
  EXPECT_EQ(run_.ExitStatus(), 78);
}

TEST_F(ServerRunTest, ThatEndsPassesItsStatusOn) {
  const struct {
    int status;
    const char* why;
  } cases[] = {{0, "the server left with status 0"},
               {7, "the server left with status 7"},
               {128, "the server left with status 128"},
               {128 + SIGKILL, "the server was ended by signal 9"}};
  for (const auto& test : cases) {
    ToldProcess process;
    ServerRun run(&process, &log_);
    ASSERT_TRUE(run.Start().has_value());
    run.LookForEnd();
    EXPECT_TRUE(run.awaits_end());
    EXPECT_FALSE(run.over());
    process.ended = test.status;
    run.LookForEnd();
    EXPECT_TRUE(run.over());
    EXPECT_FALSE(run.awaits_end());
    EXPECT_EQ(run.WhyGone(), test.why);
    EXPECT_EQ(run.ExitStatus(), test.status);
  }
}

TEST_F(ServerRunTest, ThatSurvivesItsKillCountsAsKilled) {
  ASSERT_TRUE(run_.Start().has_value());
  run_.SignalGroup(SIGKILL);
  EXPECT_EQ(process_.signalled, SIGKILL);
  run_.LookForEnd();
  EXPECT_EQ(run_.WhyGone(), "the server closed its output");
  EXPECT_EQ(run_.ExitStatus(), 128 + SIGKILL);
}

}  // namespace
}  // namespace ostiary::sidecar
