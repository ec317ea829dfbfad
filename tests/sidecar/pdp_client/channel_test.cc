#include "sidecar/pdp_client/channel.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "gmock/gmock.h"
#include "grpcpp/client_context.h"
#include "gtest/gtest.h"
#include "ostiary/v1/decision.grpc.pb.h"
#include "tests/support/fake_pdp.h"

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

// The first event of a session on a channel of NewChannel; false where none comes.
bool FirstEvent(const std::string& address, v1::SessionResponse* response) {
  grpc::ClientContext context;
  const auto stub = v1::PolicyDecisionService::NewStub(
      NewChannel(*GrpcTarget(address), grpc::InsecureChannelCredentials(), ""));
  const auto stream = stub->Session(&context);
  const bool read = stream->Write(v1::SessionRequest()) && stream->Read(response);
  context.TryCancel();
  stream->Finish();
  return read;
}

TEST(NewChannel, TakesAnAnswerOfManyMegabytes) {
  const std::string text(size_t{60} << 20, 'x');
  FakePdp pdp("127.0.0.1:0", [&](FakeSession& session) {
    v1::Revision revision = TestRevision(1);
    revision.set_digest(text);
    session.Event(v1::CURRENT, revision);
    session.AwaitEnd();
    return grpc::Status::OK;
  });
  v1::SessionResponse response;
  ASSERT_TRUE(FirstEvent(pdp.address(), &response));
  EXPECT_EQ(response.event().revision().digest().size(), text.size());
}

TEST(NewChannel, GoesThroughNoProxy) {
  ASSERT_EQ(::setenv("grpc_proxy", "http://127.0.0.1:1", 1), 0);
  FakePdp pdp("127.0.0.1:0", FakePdp::Answering());
  v1::SessionResponse response;
  EXPECT_TRUE(FirstEvent(pdp.address(), &response));
  ::unsetenv("grpc_proxy");
}

// A listener that says nothing, so that no attempt of either comes to an end.
TEST(NewChannel, SharesNoConnection) {
  const std::string path = testing::TempDir() + "channel_test_socket";
  ::unlink(path.c_str());
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
            0);
  ASSERT_EQ(::listen(listener.get(), 2), 0);
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  std::vector<UniqueFd> taken;
  for (int i = 0; i < 2; ++i) {
    channels.push_back(NewChannel(*GrpcTarget("unix:" + path), grpc::InsecureChannelCredentials(),
                                  "", std::chrono::hours(1)));
    channels.back()->GetState(/*try_to_connect=*/true);
    pollfd slot = {listener.get(), POLLIN, 0};
    ASSERT_EQ(::poll(&slot, 1, 10'000), 1) << "connection " << i;
    taken.emplace_back(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  ::unlink(path.c_str());
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
