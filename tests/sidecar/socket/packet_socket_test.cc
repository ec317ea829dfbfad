// Packets and descriptors over a connection, and what a peer may do to it.
#include "sidecar/socket/packet_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "tests/sidecar/socket/socket_folder.h"

namespace ostiary::sidecar {
namespace {

using Take = PacketSocket::Take;

// Sends the bytes with descriptors along, however many.
void SendRaw(const PacketSocket& socket, absl::string_view bytes, const std::vector<int>& fds) {
  std::vector<char> control(CMSG_SPACE(sizeof(int) * fds.size()) + sizeof(cmsghdr));
  iovec text = {const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message = {};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    *header = {CMSG_LEN(sizeof(int) * fds.size()), SOL_SOCKET, SCM_RIGHTS};
    std::memcpy(CMSG_DATA(header), fds.data(), sizeof(int) * fds.size());
  }
  ASSERT_EQ(::sendmsg(socket.fd(), &message, MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

TEST(PacketSocketTest, HasNothingUntilSomethingComes) {
  const auto [ours, theirs] = Connected();
  const auto received = ours.Receive(Take::kPacket);
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_FALSE(received->has_value());
}

TEST(PacketSocketTest, GivesPacketsOneByOne) {
  const auto [ours, theirs] = Connected();
  ASSERT_TRUE(theirs.Send(Packet::Signal(15)).ok());
  ASSERT_TRUE(theirs.Send(Packet::Ended(7)).ok());
  EXPECT_EQ((*ours.Receive(Take::kPacket))->packet.number, 15);
  EXPECT_EQ((*ours.Receive(Take::kPacket))->packet.number, 7);
}

TEST(PacketSocketTest, HandsDescriptorsOver) {
  const auto [ours, theirs] = Connected();
  TestPipe pipe;
  ASSERT_TRUE(theirs.Send(Packet::Welcome(), {pipe.read_end.get(), pipe.write_end.get()}).ok());
  auto received = ours.Receive(Take::kDescriptors);
  ASSERT_TRUE(received.ok()) << received.status();
  ASSERT_EQ((*received)->fds.size(), 2u);
  pipe.read_end.Reset();
  ASSERT_EQ(::write((*received)->fds[1].get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read((*received)->fds[0].get(), &byte, 1), 1);
  EXPECT_EQ(byte, 'x');
  EXPECT_EQ(::fcntl((*received)->fds[0].get(), F_GETFD), FD_CLOEXEC);
}

TEST(PacketSocketTest, TakesNoDescriptorsUnlessAsked) {
  const auto [ours, theirs] = Connected();
  TestPipe pipe;
  const size_t before = OpenDescriptorCount();
  SendRaw(theirs, "ostiary/1 hello", std::vector<int>(200, pipe.write_end.get()));
  const auto received = ours.Receive(Take::kPacket);
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_EQ((*received)->packet.kind, Packet::Kind::kHello);
  EXPECT_EQ(OpenDescriptorCount(), before);
  // Nor does the connection keep them.
  pipe.write_end.Reset();
  char byte = 0;
  EXPECT_EQ(::read(pipe.read_end.get(), &byte, 1), 0) << "somebody holds the other end open";
}

TEST(PacketSocketTest, TakesNoMoreDescriptorsThanAPacketMayCarry) {
  const auto [ours, theirs] = Connected();
  const TestPipe pipe;
  const size_t before = OpenDescriptorCount();
  SendRaw(theirs, "ostiary/1 welcome", std::vector<int>(200, pipe.write_end.get()));
  {
    const auto received = ours.Receive(Take::kDescriptors);
    ASSERT_TRUE(received.ok()) << received.status();
    EXPECT_LE((*received)->fds.size(), kMaxPacketFds);
  }
  EXPECT_EQ(OpenDescriptorCount(), before);
}

TEST(PacketSocketTest, DropsTheDescriptorsOfWhatIsNoPacket) {
  const auto [ours, theirs] = Connected();
  const TestPipe pipe;
  const size_t before = OpenDescriptorCount();
  SendRaw(theirs, "rubbish", {pipe.write_end.get(), pipe.read_end.get()});
  EXPECT_EQ(ours.Receive(Take::kDescriptors).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(OpenDescriptorCount(), before);
}

TEST(PacketSocketTest, RefusesAPacketThatIsTooLong) {
  const auto [ours, theirs] = Connected();
  SendRaw(theirs, "ostiary/1 refused " + std::string(100'000, 'x'), {});
  EXPECT_EQ(ours.Receive(Take::kPacket).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(PacketSocketTest, SeesTheEnd) {
  auto [ours, theirs] = Connected();
  theirs.Close();
  EXPECT_EQ(ours.Receive(Take::kPacket).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ours.Send(Packet::Hello()).code(), absl::StatusCode::kUnavailable);
}

TEST(PacketSocketTest, TakesAnEmptyPacketForTheEnd) {
  const auto [ours, theirs] = Connected();
  SendRaw(theirs, "", {});
  EXPECT_EQ(ours.Receive(Take::kPacket).status().code(), absl::StatusCode::kUnavailable);
}

// Closing a socket with something unread in it is an error on the other side, which must not hide
// the last word.
TEST(PacketSocketTest, HearsTheLastWordOfASideThatDidNotListen) {
  auto [ours, theirs] = Connected();
  ASSERT_TRUE(ours.Send(Packet::Signal(15)).ok());
  ASSERT_TRUE(theirs.Send(Packet::Ended(7)).ok());
  theirs.Close();
  const auto received = ours.Receive(Take::kPacket);
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_EQ((*received)->packet.number, 7);
  EXPECT_EQ(ours.Receive(Take::kPacket).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace ostiary::sidecar
