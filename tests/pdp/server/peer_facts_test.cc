// Whom a caller without TLS is taken for, by the names that gRPC gives peers.
#include "pdp/server/peer_facts.h"

#include "gtest/gtest.h"

namespace ostiary::pdp {
namespace {

using Way = PeerFacts::Way;

TEST(PlaintextWayTest, OnlyThisMachineIsLocal) {
  const struct {
    const char* peer;
    Way way;
  } cases[] = {
      {"unix:", Way::kUnixSocket},
      {"unix:/run/ostiary/pdp.sock", Way::kUnixSocket},
      {"ipv4:127.0.0.1:4000", Way::kLoopback},
      {"ipv4:127.255.0.9:4000", Way::kLoopback},
      {"ipv6:[::1]:4000", Way::kLoopback},
      {"ipv6:%5B::1%5D:4000", Way::kLoopback},
      {"ipv4:10.0.0.7:127", Way::kPlaintext},
      {"ipv4:192.168.127.1:4000", Way::kPlaintext},
      {"ipv4:12.7.0.1:4000", Way::kPlaintext},
      {"ipv4:128.0.0.1:4000", Way::kPlaintext},
      {"ipv6:[::12]:4000", Way::kPlaintext},
      {"ipv6:%5B::12%5D:4000", Way::kPlaintext},
      {"ipv6:[fd00::1]:4000", Way::kPlaintext},
      {"ipv6:%5Bfd00::1%5D:4000", Way::kPlaintext},
      {"vsock:2:1", Way::kPlaintext},
      {"", Way::kPlaintext},
  };
  for (const auto& [peer, way] : cases) EXPECT_EQ(PlaintextWay(peer), way) << peer;
}

}  // namespace
}  // namespace ostiary::pdp
