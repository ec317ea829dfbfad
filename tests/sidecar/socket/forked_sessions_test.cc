// A process for each session: its stdin and stdout, nothing else of ours, its status, its end.
#include "sidecar/socket/forked_sessions.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "tests/sidecar/socket/socket_folder.h"

namespace ostiary::sidecar {
namespace {

class ForkedSessionsTest : public ::testing::Test {
 protected:
  void Create(std::function<int()> body) {
    auto sessions = ForkedSessions::Create(std::move(body));
    ASSERT_TRUE(sessions.ok()) << sessions.status();
    sessions_ = *std::move(sessions);
  }
  int Start() {
    const auto id = sessions_->Start(std::move(in_.read_end), std::move(out_.write_end));
    EXPECT_TRUE(id.ok()) << id.status();
    return id.value_or(-1);
  }
  // -1 where it does not end.
  int StatusOf(int id) {
    while (true) {
      if (const auto end = sessions_->NextEnd(); end.has_value()) {
        EXPECT_EQ(end->id, id);
        return end->status;
      }
      pollfd slot = {sessions_->fd(), POLLIN, 0};
      if (::poll(&slot, 1, 20'000) != 1) return -1;
    }
  }

  TestPipe in_;
  TestPipe out_;
  std::unique_ptr<ForkedSessions> sessions_;
};

TEST_F(ForkedSessionsTest, GivesTheBodyItsPipesAndTellsItsStatus) {
  Create([] {
    char byte = 0;
    if (::read(STDIN_FILENO, &byte, 1) != 1) return 1;
    ++byte;
    return ::write(STDOUT_FILENO, &byte, 1) == 1 ? 7 : 2;
  });
  const int id = Start();
  ASSERT_EQ(::write(in_.write_end.get(), "a", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(out_.read_end.get(), &byte, 1), 1);
  EXPECT_EQ(byte, 'b');
  EXPECT_EQ(StatusOf(id), 7);
  EXPECT_FALSE(sessions_->NextEnd().has_value());
  pollfd slot = {sessions_->fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&slot, 1, 0), 0) << "it is told of that end again and again";
}

TEST_F(ForkedSessionsTest, GivesTheBodyNoOtherDescriptor) {
  Create([] {
    for (int fd = STDERR_FILENO + 1; fd < 1024; ++fd) {
      if (IsOpen(fd)) return 1;
    }
    return 0;
  });
  EXPECT_EQ(StatusOf(Start()), 0);
}

TEST_F(ForkedSessionsTest, TellsTheSignalThatEndedOne) {
  Create([] {
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    char byte;
    return ::read(STDIN_FILENO, &byte, 1) == 0 ? 0 : 1;
  });
  const int id = Start();
  sessions_->Signal(id, SIGKILL);
  EXPECT_EQ(StatusOf(id), 128 + SIGKILL);
  sessions_->Signal(id, SIGKILL);  // nobody's number any more
}

TEST_F(ForkedSessionsTest, WaitsForStrangersAndSaysNothingOfThem) {
  Create([] { return 3; });
  for (int i = 0; i < 3; ++i) {
    if (::fork() == 0) ::_exit(9);
  }
  EXPECT_EQ(StatusOf(Start()), 3);
}

}  // namespace
}  // namespace ostiary::sidecar
