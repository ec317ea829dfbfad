// `connect` at work, with the test as the client on one side, and as the session and its `serve` on
// the other. Times are the loop's own, made short.
#include "sidecar/socket/connect_loop.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "tests/sidecar/socket/socket_folder.h"

namespace ostiary::sidecar {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using Take = PacketSocket::Take;

class ConnectLoopTest : public ::testing::Test {
 protected:
  ConnectLoopTest() { ::signal(SIGPIPE, SIG_IGN); }
  ~ConnectLoopTest() override {
    if (thread_.joinable()) thread_.join();
  }

  void Start(ConnectLoopOptions options = {}) {
    auto [ours, theirs] = Connected();
    serve_ = std::move(ours);
    options.client_input = client_in_.read_end.get();
    options.client_output = client_out_.write_end.get();
    Attachment attachment = {std::move(theirs), std::move(up_.write_end),
                             std::move(down_.read_end)};
    loop_ = std::make_unique<ConnectLoop>(options, std::move(attachment), nullptr, Clock::System());
    thread_ = std::thread([this] { result_ = loop_->Run(); });
  }
  absl::StatusOr<int> Join() {
    thread_.join();
    loop_.reset();
    return result_;
  }
  // The session ends in good order.
  void End(int status) {
    up_.read_end.Reset();
    down_.write_end.Reset();
    EXPECT_TRUE(serve_.Send(Packet::Ended(status)).ok());
    serve_.Close();
  }
  static void Put(const UniqueFd& fd, const std::string& bytes) {
    ASSERT_EQ(::write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  static std::string Get(const UniqueFd& fd, size_t size) {
    std::string bytes(size, '\0');
    for (size_t done = 0; done < size;) {
      pollfd slot = {fd.get(), POLLIN, 0};
      if (::poll(&slot, 1, 20'000) != 1) return "(nothing)";
      const ssize_t some = ::read(fd.get(), bytes.data() + done, size - done);
      if (some <= 0) return bytes.substr(0, done);
      done += static_cast<size_t>(some);
    }
    return bytes;
  }
  // The next packet at `serve`.
  Packet Hear() {
    pollfd slot = {serve_.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&slot, 1, 20'000), 1);
    const auto received = serve_.Receive(Take::kPacket);
    EXPECT_TRUE(received.ok() && received->has_value()) << received.status();
    return received.ok() && received->has_value() ? (*received)->packet : Packet();
  }

  TestPipe client_in_;
  TestPipe client_out_;
  TestPipe up_;
  TestPipe down_;
  PacketSocket serve_;
  std::unique_ptr<ConnectLoop> loop_;
  std::thread thread_;
  absl::StatusOr<int> result_;
};

TEST_F(ConnectLoopTest, CopiesBothWaysAndLeavesWithTheSessionsStatus) {
  Start();
  Put(client_in_.write_end, "up");
  EXPECT_EQ(Get(up_.read_end, 2), "up");
  Put(down_.write_end, "down");
  EXPECT_EQ(Get(client_out_.read_end, 4), "down");
  End(7);
  EXPECT_EQ(*Join(), 7);
}

TEST_F(ConnectLoopTest, TellsTheSessionOfTheClientsEndOfInput) {
  Start();
  Put(client_in_.write_end, "last");
  client_in_.write_end.Reset();
  EXPECT_EQ(Get(up_.read_end, 100), "last");
  Put(down_.write_end, "answer");
  EXPECT_EQ(Get(client_out_.read_end, 6), "answer");
  End(0);
  EXPECT_EQ(*Join(), 0);
}

TEST_F(ConnectLoopTest, TellsTheSessionThatTheClientReadsNoMore) {
  Start();
  client_out_.read_end.Reset();
  pollfd slot = {down_.write_end.get(), 0, 0};
  ASSERT_EQ(::poll(&slot, 1, 20'000), 1);
  EXPECT_NE(slot.revents & POLLERR, 0);
  End(141);
  EXPECT_EQ(*Join(), 141);
}

TEST_F(ConnectLoopTest, WritesTheWholeOutputBeforeItLeaves) {
  ASSERT_EQ(::fcntl(client_out_.read_end.get(), F_SETPIPE_SZ, 4096), 4096);
  Start();
  const std::string bytes(50'000, 'x');
  Put(down_.write_end, bytes);
  End(0);
  EXPECT_EQ(Get(client_out_.read_end, bytes.size()), bytes);
  EXPECT_EQ(*Join(), 0);
}

TEST_F(ConnectLoopTest, DoesNotWaitForEverForAClientThatDoesNotRead) {
  ASSERT_EQ(::fcntl(client_out_.read_end.get(), F_SETPIPE_SZ, 4096), 4096);
  ConnectLoopOptions options;
  options.client_stalled = milliseconds(100);
  Start(options);
  Put(down_.write_end, std::string(50'000, 'x'));
  End(5);
  EXPECT_EQ(*Join(), 5);
}

TEST_F(ConnectLoopTest, SaysThatTheSidecarWentAway) {
  Start();
  Put(down_.write_end, "cut off");
  up_.read_end.Reset();
  down_.write_end.Reset();
  serve_.Close();
  const absl::Status status = Join().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("the sidecar went away"));
  EXPECT_EQ(Get(client_out_.read_end, 7), "cut off");
}

TEST_F(ConnectLoopTest, TakesAWordThatIsNoneForTheEndOfTheSidecar) {
  Start();
  down_.write_end.Reset();
  ASSERT_EQ(::send(serve_.fd(), "rubbish", 7, 0), 7);
  EXPECT_EQ(Join().status().code(), absl::StatusCode::kUnavailable);
}

// As `run` ends a server that reads nothing of what a client left that is gone.
TEST_F(ConnectLoopTest, EndsASessionThatReadsNothingOfWhatAClientLeft) {
  ASSERT_EQ(::fcntl(up_.read_end.get(), F_SETPIPE_SZ, 4096), 4096);
  ConnectLoopOptions options;
  options.session_stalled = milliseconds(100);
  Start(options);
  Put(client_in_.write_end, std::string(20'000, 'x'));
  client_in_.write_end.Reset();
  const Packet packet = Hear();
  EXPECT_EQ(packet.kind, Packet::Kind::kSignal);
  EXPECT_EQ(packet.number, SIGTERM);
  End(143);
  EXPECT_EQ(*Join(), 143);
}

TEST_F(ConnectLoopTest, LeavesASessionThatDoesNotEndThoughItWasToldTo) {
  ASSERT_EQ(::fcntl(up_.read_end.get(), F_SETPIPE_SZ, 4096), 4096);
  ConnectLoopOptions options;
  options.session_stalled = milliseconds(50);
  options.told_leave = milliseconds(100);
  Start(options);
  Put(client_in_.write_end, std::string(20'000, 'x'));
  client_in_.write_end.Reset();
  const absl::Status status = Join().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("did not end though it was told to"));
  EXPECT_EQ(Hear().number, SIGTERM);
  EXPECT_FALSE(serve_.Receive(Take::kPacket).ok()) << "it was told once";
}

TEST_F(ConnectLoopTest, WaitsForASessionThatReadsSlowly) {
  ASSERT_EQ(::fcntl(up_.read_end.get(), F_SETPIPE_SZ, 4096), 4096);
  Start();
  const std::string bytes(60'000, 'x');
  Put(client_in_.write_end, bytes);
  client_in_.write_end.Reset();
  EXPECT_EQ(Get(up_.read_end, bytes.size() + 1), bytes);
  EXPECT_FALSE((*serve_.Receive(Take::kPacket)).has_value()) << "it was told to end";
  End(0);
  EXPECT_EQ(*Join(), 0);
}

}  // namespace
}  // namespace ostiary::sidecar
