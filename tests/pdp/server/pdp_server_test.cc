// The server around the services: addresses, health, reflection, drain.
#include "pdp/server/pdp_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/unique_fd.h"
#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/client_context.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "tests/pdp/server/running_pdp.h"
#include "tests/pdp/server/stuck_session.h"
#include "tests/pdp/server/test_session.h"

namespace ostiary::pdp {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::HasSubstr;
using testing::StartsWith;

grpc::Status Ask(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  v1::CheckRequest request;
  request.set_agent("researcher");
  *request.mutable_access() = ToolAccess("search", "web_search");
  v1::CheckResponse response;
  return v1::PolicyDecisionService::NewStub(channel)->Check(&context, request, &response);
}

absl::Status CreateAt(RunningPdp* with, const std::string& address) {
  ServerOptions options;
  options.listen = {address};
  return PdpServer::Create(options, &with->store(), &with->reloader(), Clock::System()).status();
}

TEST(PdpServerTest, AnswersOnAllItsAddresses) {
  RunningPdp pdp;
  EXPECT_EQ(pdp.unix_address(), absl::StrCat("unix:", pdp.socket_path()));
  EXPECT_THAT(pdp.tcp_address(), StartsWith("127.0.0.1:"));
  EXPECT_NE(pdp.tcp_address(), "127.0.0.1:0");
  EXPECT_TRUE(Ask(ConnectTo(pdp.unix_address())).ok());
  EXPECT_TRUE(Ask(ConnectTo(pdp.tcp_address())).ok());
}

TEST(PdpServerTest, TakesNoAddressFromAServerThatLives) {
  RunningPdp pdp;
  const absl::Status port = CreateAt(&pdp, pdp.tcp_address());
  EXPECT_EQ(port.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(port.message()),
              HasSubstr(absl::StrCat("cannot listen on ", pdp.tcp_address())));
  const absl::Status socket = CreateAt(&pdp, pdp.unix_address());
  EXPECT_EQ(socket.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(socket.message()), HasSubstr("another server listens there"));
  EXPECT_TRUE(Ask(ConnectTo(pdp.unix_address())).ok());
  EXPECT_TRUE(Ask(ConnectTo(pdp.tcp_address())).ok());
}

UniqueFd ListenAt(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(::listen(fd.get(), 1), 0);
  return fd;
}

TEST(PdpServerTest, TakesTheSocketOfADeadServerAndNoOther) {
  RunningPdp pdp;
  const std::string path = pdp.directory().Path("other.sock");
  const std::string address = absl::StrCat("unix:", path);
  UniqueFd stranger = ListenAt(path);
  EXPECT_EQ(CreateAt(&pdp, address).code(), absl::StatusCode::kAlreadyExists);
  stranger.Reset();  // dies and leaves its socket
  struct stat status;
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_TRUE(CreateAt(&pdp, address).ok());

  pdp.directory().WriteInPlace("file", "precious");
  const absl::Status file = CreateAt(&pdp, absl::StrCat("unix:", pdp.directory().Path("file")));
  EXPECT_EQ(file.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(file.message()), HasSubstr("something that is no socket"));
  ASSERT_EQ(::stat(pdp.directory().Path("file").c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 8);
}

// A server that fails on its second address must give back the first.
TEST(PdpServerTest, TakesAllItsAddressesOrNone) {
  RunningPdp pdp;
  const std::string address = absl::StrCat("unix:", pdp.directory().Path("second.sock"));
  ServerOptions options;
  options.listen = {address, pdp.tcp_address()};
  EXPECT_EQ(
      PdpServer::Create(options, &pdp.store(), &pdp.reloader(), Clock::System()).status().code(),
      absl::StatusCode::kUnavailable);
  EXPECT_TRUE(CreateAt(&pdp, address).ok());
}

grpc::Status HealthOf(const std::shared_ptr<grpc::Channel>& channel, const std::string& service,
                      HealthCheckResponse* response) {
  grpc::ClientContext context;
  HealthCheckRequest request;
  request.set_service(service);
  return Health::NewStub(channel)->Check(&context, request, response);
}

const char* const kServices[] = {"", "ostiary.v1.PolicyDecisionService",
                                 "ostiary.v1.PolicyAdminService"};

TEST(HealthTest, ServesOnceAPolicyHasLoadedAndWhileItIsStale) {
  RunningPdp pdp({}, StartWith::kNothing);
  const auto channel = pdp.Connect();
  const auto expect = [&](HealthCheckResponse::ServingStatus expected) {
    for (const char* const service : kServices) {
      HealthCheckResponse response;
      ASSERT_TRUE(HealthOf(channel, service, &response).ok()) << service;
      EXPECT_EQ(response.status(), expected) << service;
    }
  };
  expect(HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(pdp.reloader().Reload().ok);
  expect(HealthCheckResponse::NOT_SERVING);
  pdp.directory().WriteInPlace("mcp.json", kCatalog);
  pdp.directory().WriteInPlace("rules.json", RulesMarked(1));
  EXPECT_TRUE(pdp.reloader().Reload().ok);
  expect(HealthCheckResponse::SERVING);
  pdp.directory().WriteInPlace("rules.json", "{");
  EXPECT_FALSE(pdp.reloader().Reload().ok);
  expect(HealthCheckResponse::SERVING);

  HealthCheckResponse response;
  EXPECT_EQ(HealthOf(channel, "unknown", &response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST(HealthTest, WatchHearsChangesAndTheEnd) {
  RunningPdp pdp({}, StartWith::kNothing);
  const auto stub = Health::NewStub(pdp.Connect());
  grpc::ClientContext context;
  const auto watch = stub->Watch(&context, {});
  HealthCheckRequest unknown;
  unknown.set_service("unknown");
  grpc::ClientContext unknown_context;
  const auto unknown_watch = stub->Watch(&unknown_context, unknown);

  HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  pdp.Publish(1);
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  pdp.server().Drain();
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);

  ASSERT_TRUE(unknown_watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVICE_UNKNOWN);
  EXPECT_FALSE(unknown_watch->Read(&response));
}

// Reflection's one question, by hand: its proto is not packaged. Field 7 of the request,
// list_services, empty; the names stand in the answer as they are.
TEST(ReflectionTest, NamesEveryService) {
  RunningPdp pdp;
  grpc::GenericStub stub(pdp.Connect());
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const auto stream = stub.PrepareCall(
      &context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  const auto wait = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  stream->StartCall(nullptr);
  ASSERT_TRUE(wait());
  grpc::Slice question("\x3a\x00", 2);
  stream->Write(grpc::ByteBuffer(&question, 1), nullptr);
  ASSERT_TRUE(wait());
  grpc::ByteBuffer buffer;
  stream->Read(&buffer, nullptr);
  ASSERT_TRUE(wait());
  std::vector<grpc::Slice> slices;
  ASSERT_TRUE(buffer.Dump(&slices).ok());
  std::string answer;
  for (const grpc::Slice& slice : slices) {
    answer.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  EXPECT_THAT(answer, HasSubstr("ostiary.v1.PolicyDecisionService"));
  EXPECT_THAT(answer, HasSubstr("ostiary.v1.PolicyAdminService"));
  EXPECT_THAT(answer, HasSubstr("grpc.health.v1.Health"));
  context.TryCancel();
  grpc::Status ignored;
  stream->Finish(&ignored, nullptr);
  wait();
}

TEST(DrainTest, EndsTheSessionsAndRefusesTheRest) {
  RunningPdp pdp;
  const auto channel = pdp.Connect();
  TestSession session(channel);
  session.Hello();
  session.ReadEvent(v1::CURRENT);
  std::thread drain([&pdp] { pdp.server().Drain(); });
  const absl::Status end = session.End();
  EXPECT_EQ(end.code(), absl::StatusCode::kUnavailable) << end;
  EXPECT_THAT(std::string(end.message()), HasSubstr("shutting down"));
  drain.join();
  EXPECT_EQ(Ask(channel).error_code(), grpc::StatusCode::UNAVAILABLE);
  struct stat status;
  EXPECT_NE(::stat(pdp.socket_path().c_str(), &status), 0) << "the socket was left behind";
}

constexpr uint64_t kEndless = 1'000'000;

TEST(DrainTest, AnswersTheOpenChecksFirst) {
  RunningPdp pdp;
  StuckSession stuck(pdp, kEndless);
  const uint64_t read = StuckSession::ReadByPdp(pdp);
  EXPECT_GT(read, 0);
  const auto channel = pdp.Connect();
  std::thread drain([&pdp] { pdp.server().Drain(); });
  while (Ask(channel).ok()) {
  }
  v1::SessionResponse response;
  uint64_t answered = 0;
  while (stuck.session().Read(&response)) {
    if (!response.has_result()) continue;
    EXPECT_EQ(response.result().id(), answered++);
    EXPECT_EQ(response.result().decisions_size(), StuckSession::kAccesses);
  }
  EXPECT_GE(answered, read) << "checks that it had read got no answer";
  const absl::Status end = stuck.session().End();
  EXPECT_EQ(end.code(), absl::StatusCode::kUnavailable) << end;
  drain.join();
}

TEST(DrainTest, EndsAfterItsGraceWhateverIsOpen) {
  ServerOptions options;
  options.drain_grace = absl::Milliseconds(300);
  RunningPdp pdp(options);
  const StuckSession stuck(pdp, kEndless);
  const MonoTime start = Clock::System().Now();
  pdp.server().Drain();
  const MonoDuration took = Clock::System().Now() - start;
  EXPECT_GE(took, std::chrono::milliseconds(300));
  EXPECT_LT(took, std::chrono::seconds(10));
}

}  // namespace
}  // namespace ostiary::pdp
