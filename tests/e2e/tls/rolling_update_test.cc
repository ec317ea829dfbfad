// Rolling updates: two PDPs behind one address, renewed in turns under load. As in Kubernetes, a
// replica is taken from the address first (the preStop sleep gives that its time) and then told to
// end; its place is filled before the next one goes.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/tls/load.h"
#include "tests/e2e/tls/service.h"
#include "tests/e2e/tls/tls_files.h"

namespace ostiary {
namespace {

const int kRounds = std::getenv("OSTIARY_LONG") != nullptr ? 30 : 2;

TEST(RollingUpdateTest, FailsNoDecision) {
  const TlsFiles files;
  std::vector<std::unique_ptr<PdpProcess>> replicas;
  for (int i = 0; i < 2; ++i) {
    replicas.push_back(std::make_unique<PdpProcess>(files.ServeWithTls()));
  }
  TestService service;
  service.SetBackends({replicas[0]->address(), replicas[1]->address()});

  Tally checks;
  Tally calls;
  {
    const auto channel = [&] { return files.Connect(service.address()); };
    std::vector<std::string> flags = files.ClientFlags();
    flags.insert(flags.end(), {"--pdp", service.address()});
    const Load lasting(LastingChecks(channel), &checks);
    const Load fresh(FreshChecks(channel), &checks);
    const Load first(SidecarCalls(flags), &calls);
    const Load second(SidecarCalls(flags), &calls);
    for (int round = 0; round < kRounds; ++round) {
      for (size_t i = 0; i < 2; ++i) {
        ASSERT_TRUE(calls.AwaitMore(50));
        auto successor = std::make_unique<PdpProcess>(files.ServeWithTls());
        service.SetBackends({replicas[1 - i]->address(), successor->address()});
        // What the preStop sleep is for: connections that were on their way have arrived.
        ASSERT_TRUE(checks.AwaitMore(50));
        EXPECT_EQ(replicas[i]->Stop(), 0);
        replicas[i] = std::move(successor);
      }
    }
  }
  std::printf("%d restarts: %lu checks and %lu calls asked, %lu and %lu failed\n", 2 * kRounds,
              checks.asked(), calls.asked(), checks.failed(), calls.failed());
  EXPECT_EQ(checks.failures(), "");
  EXPECT_EQ(calls.failures(), "");
  EXPECT_GT(checks.asked(), 100u);
  EXPECT_GT(calls.asked(), 100u);
}

}  // namespace
}  // namespace ostiary
