// How `connect` reaches `serve`, or says why it does not.
#include "sidecar/socket/dial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "sidecar/socket/listener.h"
#include "tests/sidecar/socket/socket_folder.h"

namespace ostiary::sidecar {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kLong{20};

class DialTest : public ::testing::Test {
 protected:
  absl::StatusOr<Attachment> Dial(MonoDuration timeout = kLong) {
    return Dialler(folder_.Path(), timeout, nullptr, Clock::System()).Dial();
  }
  std::unique_ptr<SocketListener> Listen() {
    auto listener = SocketListener::Listen(folder_.Path(), 0600);
    EXPECT_TRUE(listener.ok()) << listener.status();
    return *std::move(listener);
  }
  // The next connection, once there is one.
  static PacketSocket Accept(const SocketListener& listener) {
    pollfd slot = {listener.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&slot, 1, 20'000), 1);
    auto accepted = listener.Accept();
    EXPECT_TRUE(accepted.ok()) << accepted.status();
    return accepted.ok() ? std::move(accepted->socket) : PacketSocket();
  }
  static void Welcome(const PacketSocket& socket) {
    const TestPipe up;
    const TestPipe down;
    EXPECT_TRUE(socket.Send(Packet::Welcome(), {up.write_end.get(), down.read_end.get()}).ok());
  }

  SocketFolder folder_;
};

TEST_F(DialTest, SaysHelloAndTakesWhatItIsGiven) {
  const auto listener = Listen();
  std::thread serve([&listener] {
    const PacketSocket socket = Accept(*listener);
    pollfd slot = {socket.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&slot, 1, 20'000), 1);
    const auto hello = socket.Receive(PacketSocket::Take::kPacket);
    EXPECT_EQ((*hello)->packet.kind, Packet::Kind::kHello);
    Welcome(socket);
  });
  const auto attachment = Dial();
  serve.join();
  ASSERT_TRUE(attachment.ok()) << attachment.status();
  EXPECT_TRUE(attachment->to_server.valid() && attachment->from_server.valid());
}

TEST_F(DialTest, WaitsForASidecarThatIsStillStarting) {
  SocketFolder other;
  std::filesystem::rename(folder_.Path(""), other.Path("later"));  // not even the folder is there
  std::thread serve([this, &other] {
    std::filesystem::rename(other.Path("later"), folder_.Path(""));
    Listen().reset();  // and it fails at first
    const auto listener = Listen();
    Accept(*listener).Close();
    Welcome(Accept(*listener));
  });
  const auto attachment = Dial();
  serve.join();
  EXPECT_TRUE(attachment.ok()) << attachment.status();
}

TEST_F(DialTest, SaysThatNobodyListens) {
  const MonoTime start = Clock::System().Now();
  const absl::Status status = Dial(milliseconds(200)).status();
  EXPECT_GE(Clock::System().Now() - start, milliseconds(200));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(absl::StrCat("unix:", folder_.Path(), ": nobody listens there")));
}

// What a sidecar leaves that was killed, what another mount hides, and one that does not keep up.
TEST_F(DialTest, TriesAgainWhereTheSocketIsNotOneYet) {
  const auto bound = [this](int backlog) {
    UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    const sockaddr_un address = UnixAddress(folder_.Path());
    ::unlink(folder_.Path().c_str());
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_TRUE(backlog < 0 || ::listen(fd.get(), backlog) == 0);
    return fd;
  };
  const auto says = [](const std::string& path) {
    const absl::Status status =
        Dialler(path, milliseconds(100), nullptr, Clock::System()).Dial().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    return std::string(status.message());
  };
  bound(-1).Reset();
  EXPECT_THAT(says(folder_.Path()), HasSubstr("nobody listens there (Connection refused)"));
  EXPECT_THAT(says(folder_.Path("s/below")), HasSubstr("nobody listens there (Not a directory)"));
  const UniqueFd busy = bound(0);
  const UniqueFd first = ConnectTo(folder_.Path());
  EXPECT_THAT(says(folder_.Path()), HasSubstr("nobody listens there (Resource temporarily"));
}

TEST_F(DialTest, SaysThatItGetsNoAnswer) {
  const auto listener = Listen();
  const absl::Status status = Dial(milliseconds(100)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("did not answer in time"));
}

TEST_F(DialTest, SaysWhyItWasRefusedAndDoesNotTryAgain) {
  const auto listener = Listen();
  std::thread serve(
      [&listener] { EXPECT_TRUE(Accept(*listener).Send(Packet::Refused("not you")).ok()); });
  const absl::Status status = Dial().status();
  serve.join();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()), HasSubstr("refused: not you"));
}

TEST_F(DialTest, TakesNothingElseForAWelcome) {
  const auto listener = Listen();
  for (const Packet& packet : {Packet::Welcome(), Packet::Ended(0), Packet::Hello()}) {
    std::thread serve([&] { EXPECT_TRUE(Accept(*listener).Send(packet).ok()); });
    const absl::Status status = Dial().status();
    serve.join();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << Encode(packet);
    EXPECT_THAT(std::string(status.message()), HasSubstr("something else than a welcome"));
  }
}

TEST_F(DialTest, SaysThatSomethingElseListens) {
  const UniqueFd stream(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = UnixAddress(folder_.Path());
  ASSERT_EQ(::bind(stream.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(stream.get(), 1), 0);
  const MonoTime start = Clock::System().Now();
  const absl::Status status = Dial().status();
  EXPECT_LT(Clock::System().Now() - start, kLong / 2) << "it tried again";
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("is no ostiary-sidecar"));
}

}  // namespace
}  // namespace ostiary::sidecar
