#include "sidecar/stdio/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/test_process.h"

namespace ostiary::sidecar {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<ChildProcess> Make(const ServerCommand& command) {
  auto child = ChildProcess::Create(command);
  EXPECT_TRUE(child.ok()) << child.status();
  return *std::move(child);
}

std::unique_ptr<ChildProcess> Shell(const std::string& script) {
  return Make({{"sh", "-c", script}, {"PATH=/usr/bin:/bin", "COLOUR=green"}});
}

std::string ReadToEnd(int fd) {
  std::string all;
  char bytes[4096];
  for (ssize_t size; (size = ::read(fd, bytes, sizeof(bytes))) > 0;) all.append(bytes, size);
  return all;
}

int WaitForEnd(ChildProcess* child) {
  pollfd slot = {child->end_fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&slot, 1, 20'000), 1);
  return child->Ended().value_or(-1);
}

// The process whose id the child writes first.
WatchedProcess Announced(const ServerPipes& pipes) {
  char text[32] = {};
  EXPECT_GT(::read(pipes.output.get(), text, sizeof(text) - 1), 0);
  return WatchedProcess(std::stoi(text));
}

TEST(ChildProcess, PassesStatusesOn) {
  const struct {
    const char* script;
    int status;
  } cases[] = {{"exit 0", 0}, {"exit 7", 7}, {"kill -TERM $$", 143}, {"kill -KILL $$", 137}};
  for (const auto& test : cases) {
    const auto child = Shell(test.script);
    ASSERT_TRUE(child->Start().ok());
    EXPECT_EQ(WaitForEnd(child.get()), test.status) << test.script;
  }
}

TEST(ChildProcess, GetsItsArgumentsAndEnvironmentAndNothingElse) {
  const auto child = Shell("echo $COLOUR; cat; ls /proc/self/fd | tr '\\n' ' '");
  auto pipes = child->Start();
  ASSERT_TRUE(pipes.ok()) << pipes.status();
  ASSERT_EQ(::write(pipes->input.get(), "to stdin\n", 9), 9);
  pipes->input.Reset();
  // ls itself opens one: 3.
  EXPECT_EQ(ReadToEnd(pipes->output.get()), "green\nto stdin\n0 1 2 3 ");
  EXPECT_EQ(WaitForEnd(child.get()), 0);
}

TEST(ChildProcess, StartsWithDefaultSignals) {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t term;
  ::sigemptyset(&term);
  ::sigaddset(&term, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &term, nullptr);
  const auto child = Shell("grep -E 'Sig(Blk|Ign)' /proc/self/status");
  auto pipes = child->Start();
  ASSERT_TRUE(pipes.ok()) << pipes.status();
  EXPECT_EQ(ReadToEnd(pipes->output.get()),
            "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  ::sigprocmask(SIG_UNBLOCK, &term, nullptr);
}

TEST(ChildProcess, SignalsReachTheWholeGroup) {
  const auto child = Shell("sleep 1000 & echo $!; wait");
  auto pipes = child->Start();
  ASSERT_TRUE(pipes.ok()) << pipes.status();
  const WatchedProcess grandchild = Announced(*pipes);
  EXPECT_TRUE(grandchild.Lives());
  child->SignalGroup(SIGTERM);
  EXPECT_EQ(WaitForEnd(child.get()), 143);
  EXPECT_TRUE(grandchild.Ends());
}

TEST(ChildProcess, LeavesNothingBehindWhenDestroyed) {
  auto child = Shell("trap '' TERM; sleep 1000 & echo $!; wait");
  auto pipes = child->Start();
  ASSERT_TRUE(pipes.ok()) << pipes.status();
  const WatchedProcess grandchild = Announced(*pipes);
  child.reset();
  EXPECT_TRUE(grandchild.Ends());
}

// In the background of a shell that ends: nobody's child any more, and in a session of its own.
constexpr char kDaemon[] = "(setsid sh -c 'echo $$; exec sleep 1000' &) & wait; ";

TEST(ChildProcess, DaemonsGoWhenTheGroupIsKilled) {
  const auto child = Shell(absl::StrCat(kDaemon, "cat"));
  auto pipes = child->Start();
  ASSERT_TRUE(pipes.ok()) << pipes.status();
  const WatchedProcess daemon = Announced(*pipes);
  child->SignalGroup(SIGTERM);
  EXPECT_EQ(WaitForEnd(child.get()), 143);
  EXPECT_TRUE(daemon.Lives());
  child->SignalGroup(SIGKILL);
  EXPECT_TRUE(daemon.Ends());
}

TEST(ChildProcess, DaemonsGoWhenItIsDestroyed) {
  auto child = Shell(kDaemon);
  auto pipes = child->Start();
  ASSERT_TRUE(pipes.ok()) << pipes.status();
  const WatchedProcess daemon = Announced(*pipes);
  EXPECT_EQ(WaitForEnd(child.get()), 0);
  EXPECT_TRUE(daemon.Lives());
  child.reset();
  EXPECT_FALSE(daemon.Lives());
}

TEST(ChildProcess, TheEndOfADaemonIsNotTheServers) {
  const auto child = Shell(absl::StrCat(kDaemon, "cat; exit 3"));
  auto pipes = child->Start();
  ASSERT_TRUE(pipes.ok()) << pipes.status();
  char text[32] = {};
  ASSERT_GT(::read(pipes->output.get(), text, sizeof(text) - 1), 0);
  const pid_t pid = std::stoi(text);
  WatchedProcess daemon(pid);
  ::kill(pid, SIGTERM);
  EXPECT_TRUE(daemon.Ends());
  pipes->input.Reset();
  EXPECT_EQ(WaitForEnd(child.get()), 3);
}

TEST(ChildProcess, OnlyTheServerHoldsItsInput) {
  const auto child = Shell("exec <&-; echo closed; exec sleep 1000");
  auto pipes = child->Start();
  ASSERT_TRUE(pipes.ok()) << pipes.status();
  char text[32] = {};
  ASSERT_GT(::read(pipes->output.get(), text, sizeof(text) - 1), 0);
  pollfd slot = {pipes->input.get(), 0, 0};
  EXPECT_EQ(::poll(&slot, 1, 20'000), 1);
  EXPECT_NE(slot.revents & POLLERR, 0);
}

TEST(ChildProcess, ServerGoesWithItsGuard) {
  const auto child = Shell("echo $$; cat");
  auto pipes = child->Start();
  ASSERT_TRUE(pipes.ok()) << pipes.status();
  const WatchedProcess server = Announced(*pipes);
  ::kill(child->guard(), SIGKILL);
  EXPECT_TRUE(server.Ends());
  EXPECT_EQ(WaitForEnd(child.get()), 128 + SIGKILL);
}

TEST(ChildProcess, RunsAScriptWithoutAnInterpreterLine) {
  char path[] = "/tmp/ostiary_script_XXXXXX";
  {
    const UniqueFd file(::mkstemp(path));
    ASSERT_EQ(::write(file.get(), "exit $1\n", 8), 8);
    ASSERT_EQ(::fchmod(file.get(), 0700), 0);
  }
  const auto child = Make({{path, "9"}, {}});
  const auto pipes = child->Start();
  EXPECT_TRUE(pipes.ok()) << pipes.status();
  EXPECT_EQ(WaitForEnd(child.get()), 9);
  ::unlink(path);
}

TEST(ChildProcess, SaysWhatCannotBeStarted) {
  const struct {
    const char* program;
    absl::StatusCode code;
    const char* message;
  } cases[] = {
      {"no-such-program", absl::StatusCode::kNotFound,
       "there is no program no-such-program in PATH (/usr/bin:/bin)"},
      {"/no/such/file", absl::StatusCode::kNotFound, "there is no file /no/such/file"},
      {"/etc/passwd", absl::StatusCode::kPermissionDenied,
       "/etc/passwd is not a program that may be run"},
      {"/tmp", absl::StatusCode::kPermissionDenied, "/tmp is not a program that may be run"},
      {"", absl::StatusCode::kNotFound, "the server's command is empty"},
  };
  for (const auto& test : cases) {
    const auto child = ChildProcess::Create({{test.program}, {"PATH=/usr/bin:/bin"}});
    EXPECT_EQ(child.status().code(), test.code) << test.program;
    EXPECT_EQ(child.status().message(), test.message);
  }
}

TEST(ChildProcess, SaysWhyAProgramCannotRun) {
  char path[] = "/tmp/ostiary_script_XXXXXX";
  {
    const UniqueFd file(::mkstemp(path));
    ASSERT_EQ(::write(file.get(), "#!/no/interpreter\n", 18), 18);
    ASSERT_EQ(::fchmod(file.get(), 0700), 0);
  }
  const auto child = Make({{path}, {}});
  const auto pipes = child->Start();
  EXPECT_EQ(pipes.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(pipes.status().message()), HasSubstr("cannot run /tmp/ostiary_script_"));
  ::unlink(path);
}

TEST(FindProgram, SearchesThePathGivenInItsOrder) {
  EXPECT_EQ(FindProgram("sh", {"PATH=/nowhere:/bin:/usr/bin"}).value_or(""), "/bin/sh");
  EXPECT_EQ(FindProgram("sh", {"PATH=/usr/bin:/bin"}).value_or(""), "/usr/bin/sh");
  EXPECT_EQ(FindProgram("sh", {}).value_or(""), "/bin/sh");
  EXPECT_EQ(FindProgram("/bin/sh", {"PATH="}).value_or(""), "/bin/sh");
}

}  // namespace
}  // namespace ostiary::sidecar
