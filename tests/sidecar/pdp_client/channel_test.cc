#include "sidecar/pdp_client/channel.h"

#include <stdlib.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ostiary::sidecar {
namespace {

using testing::HasSubstr;

TEST(GrpcTarget, TakesAHostWithAPortOrAUnixPath) {
  const std::pair<const char*, const char*> cases[] = {
      {"localhost:7443", "dns:///localhost:7443"},
      {"127.0.0.1:1", "dns:///127.0.0.1:1"},
      {"[::1]:65535", "dns:///[::1]:65535"},
      {"pdp.example.org:7443", "dns:///pdp.example.org:7443"},
      {"unix:/run/pdp.sock", "unix:/run/pdp.sock"},
      {"unix:pdp.sock", "unix:pdp.sock"},
  };
  for (const auto& [address, target] : cases) {
    const absl::StatusOr<std::string> got = GrpcTarget(address);
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(*got, target);
  }
}

TEST(GrpcTarget, RefusesEverythingElse) {
  for (const std::string address :
       {"", "localhost", ":7443", "localhost:", "localhost:0", "localhost:65536", "localhost:x",
        "unix:", "dns:///localhost:7443", "http://localhost:7443", "xds:///pdp:7443", "::1:7443",
        "[]:7443"}) {
    const absl::StatusOr<std::string> got = GrpcTarget(address);
    EXPECT_EQ(got.status().code(), absl::StatusCode::kInvalidArgument) << address;
    EXPECT_THAT(got.status().message(), HasSubstr("give host:port or unix:PATH"));
  }
  EXPECT_EQ(GrpcTarget("unix:/" + std::string(200, 'x')).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(SetGrpcEnvironment, OverridesWhatWasSet) {
  setenv("GRPC_DNS_RESOLVER", "ares", 1);
  setenv("GRPC_POLL_STRATEGY", "epoll1", 1);
  SetGrpcEnvironment();
  EXPECT_STREQ(getenv("GRPC_DNS_RESOLVER"), "native");
  EXPECT_STREQ(getenv("GRPC_VERBOSITY"), "NONE");
  EXPECT_STREQ(getenv("GRPC_POLL_STRATEGY"), "poll");
  EXPECT_STREQ(getenv("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS"), "0");
}

}  // namespace
}  // namespace ostiary::sidecar
