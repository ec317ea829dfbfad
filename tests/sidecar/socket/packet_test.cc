// What `serve` and `connect` say to each other, byte for byte, and what is no such word.
#include "sidecar/socket/packet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace ostiary::sidecar {
namespace {

using ::testing::HasSubstr;

struct Known {
  Packet packet;
  std::string bytes;
};

const std::vector<Known>& KnownPackets() {
  static const auto* const packets = new std::vector<Known>{
      {Packet::Hello(), "ostiary/1 hello"},
      {Packet::Welcome(), "ostiary/1 welcome"},
      {Packet::Refused("not you"), "ostiary/1 refused not you"},
      {Packet::Signal(15), "ostiary/1 signal 15"},
      {Packet::Ended(0), "ostiary/1 ended 0"},
      {Packet::Ended(255), "ostiary/1 ended 255"},
  };
  return *packets;
}

TEST(PacketTest, IsWrittenInWords) {
  for (const Known& known : KnownPackets()) EXPECT_EQ(Encode(known.packet), known.bytes);
}

TEST(PacketTest, IsReadAsItWasWritten) {
  for (const Known& known : KnownPackets()) {
    const absl::StatusOr<Packet> packet = Decode(known.bytes);
    ASSERT_TRUE(packet.ok()) << known.bytes << ": " << packet.status();
    EXPECT_EQ(packet->kind, known.packet.kind);
    EXPECT_EQ(packet->number, known.packet.number);
    EXPECT_EQ(packet->text, known.packet.text);
  }
}

TEST(PacketTest, IsNothingElse) {
  const std::vector<std::string> others = {
      "",
      "hello",
      "ostiary/1",
      "ostiary/1 ",
      "ostiary/1 hell",
      "ostiary/1 hello ",
      "ostiary/1 hello\n",
      "ostiary/1  hello",
      "OSTIARY/1 hello",
      "ostiary/ hello",
      "ostiary/0 hello",
      "ostiary/-1 hello",
      "ostiary/one hello",
      "ostiary/1 signal",
      "ostiary/1 signal 0",
      "ostiary/1 signal 65",
      "ostiary/1 signal 015",
      "ostiary/1 signal +15",
      "ostiary/1 signal  15",
      "ostiary/1 signal 99999999999999999999",
      "ostiary/1 ended -1",
      "ostiary/1 ended 256",
      "GET / HTTP/1.1\r\n\r\n",
      R"({"jsonrpc":"2.0","id":1,"method":"ping"})",
      std::string("ostiary/1 hello\0", 16),
      "ostiary/1 hello" + std::string(kMaxPacketBytes, ' '),
  };
  for (const std::string& bytes : others) {
    EXPECT_EQ(Decode(bytes).status().code(), absl::StatusCode::kInvalidArgument) << bytes;
  }
}

TEST(PacketTest, OfAnotherVersionIsSaidToBe) {
  const absl::Status status = Decode("ostiary/2 hello").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(status.message()), HasSubstr("version 2"));
}

TEST(PacketTest, ARefusalIsReadInEveryVersion) {
  const absl::StatusOr<Packet> packet = Decode("ostiary/7 refused too old a connect");
  ASSERT_TRUE(packet.ok()) << packet.status();
  EXPECT_EQ(packet->kind, Packet::Kind::kRefused);
  EXPECT_EQ(packet->text, "too old a connect");
}

TEST(PacketTest, ARefusalDoesNotSteerATerminal) {
  EXPECT_EQ(Decode("ostiary/1 refused a\x1b[2Jb\nc")->text, "a?[2Jb?c");
}

TEST(PacketTest, ALongRefusalIsCutToFit) {
  const std::string bytes = Encode(Packet::Refused(std::string(5000, 'x')));
  EXPECT_EQ(bytes.size(), kMaxPacketBytes);
  EXPECT_TRUE(Decode(bytes).ok());
}

}  // namespace
}  // namespace ostiary::sidecar
