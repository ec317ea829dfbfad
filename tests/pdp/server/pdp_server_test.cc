// The server around the services: addresses, health, reflection, drain.
#include "pdp/server/pdp_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/unique_fd.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "grpcpp/client_context.h"
#include "gtest/gtest.h"
#include "tests/pdp/server/running_pdp.h"
#include "tests/pdp/server/stuck_session.h"
#include "tests/pdp/server/test_session.h"

namespace ostiary::pdp {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::ElementsAre;
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
  return PdpServer::Create(options, &with->store(), &with->reloader(), Clock::System(),
                           &with->metrics())
      .status();
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
      PdpServer::Create(options, &pdp.store(), &pdp.reloader(), Clock::System(), &pdp.metrics())
          .status()
          .code(),
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

  // Read at once: a stream that the server has not seen when it drains is refused.
  HealthCheckResponse response;
  ASSERT_TRUE(unknown_watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVICE_UNKNOWN);
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

  EXPECT_FALSE(unknown_watch->Read(&response));
}

TEST(HealthTest, WatchesAreBounded) {
  ServerOptions options;
  options.max_observers = 2;
  RunningPdp pdp(options);
  const auto stub = Health::NewStub(pdp.Connect());
  HealthCheckResponse response;
  grpc::ClientContext contexts[3];
  std::unique_ptr<grpc::ClientReader<HealthCheckResponse>> watches[3];
  for (int i = 0; i < 2; ++i) {
    watches[i] = stub->Watch(&contexts[i], {});
    ASSERT_TRUE(watches[i]->Read(&response));
  }
  watches[2] = stub->Watch(&contexts[2], {});
  EXPECT_FALSE(watches[2]->Read(&response));
  EXPECT_EQ(watches[2]->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(HealthOf(pdp.Connect(), "", &response).ok()) << "a check is no watch";

  // One that goes makes room.
  contexts[0].TryCancel();
  watches[0]->Finish();
  bool is_open = false;
  while (!is_open) {
    grpc::ClientContext context;
    const auto watch = stub->Watch(&context, {});
    is_open = watch->Read(&response);
    context.TryCancel();
  }
}

using grpc::reflection::v1alpha::ServerReflection;
using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;

// One reflection stream.
class Reflection {
 public:
  explicit Reflection(const std::shared_ptr<grpc::Channel>& channel)
      : stream_(ServerReflection::NewStub(channel)->ServerReflectionInfo(&context_)) {}
  ~Reflection() { End(); }

  std::optional<ServerReflectionResponse> Ask(const ServerReflectionRequest& request) {
    ServerReflectionResponse response;
    if (!stream_->Write(request) || !stream_->Read(&response)) return std::nullopt;
    return response;
  }
  std::optional<ServerReflectionResponse> AskForServices() {
    ServerReflectionRequest request;
    request.set_list_services("*");
    return Ask(request);
  }
  // Why it ended, once it did.
  grpc::StatusCode AwaitEnd() {
    ServerReflectionResponse response;
    while (stream_->Read(&response)) {
    }
    is_finished_ = true;
    return stream_->Finish().error_code();
  }
  void End() {
    if (is_finished_) return;
    context_.TryCancel();
    AwaitEnd();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<ServerReflectionRequest, ServerReflectionResponse>>
      stream_;
  bool is_finished_ = false;
};

// The names of the files in an answer, in their order.
std::vector<std::string> FilesIn(const std::optional<ServerReflectionResponse>& response) {
  std::vector<std::string> names;
  if (!response.has_value()) return names;
  for (const std::string& bytes : response->file_descriptor_response().file_descriptor_proto()) {
    google::protobuf::FileDescriptorProto file;
    EXPECT_TRUE(file.ParseFromString(bytes));
    names.push_back(file.name());
  }
  return names;
}

TEST(ReflectionTest, NamesEveryService) {
  RunningPdp pdp;
  const auto response = Reflection(pdp.Connect()).AskForServices();
  ASSERT_TRUE(response.has_value());
  std::vector<std::string> names;
  for (const auto& service : response->list_services_response().service()) {
    names.push_back(service.name());
  }
  EXPECT_THAT(names,
              ElementsAre("grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection",
                          "ostiary.v1.PolicyAdminService", "ostiary.v1.PolicyDecisionService"));
}

TEST(ReflectionTest, AnswersEachQuestionOrSaysWhyNot) {
  RunningPdp pdp;
  Reflection reflection(pdp.Connect());
  ServerReflectionRequest request;
  request.set_host("here");
  request.set_file_containing_symbol("ostiary.v1.PolicyDecisionService.Check");
  const auto response = reflection.Ask(request);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->valid_host(), "here");
  EXPECT_EQ(response->original_request().file_containing_symbol(),
            "ostiary.v1.PolicyDecisionService.Check");
  EXPECT_THAT(FilesIn(response),
              ElementsAre("ostiary/v1/decision.proto", "google/protobuf/duration.proto",
                          "google/rpc/status.proto", "google/protobuf/any.proto"));
  request.set_file_by_filename("grpc/health/v1/health.proto");
  EXPECT_THAT(FilesIn(reflection.Ask(request)), ElementsAre("grpc/health/v1/health.proto"));
  request.set_all_extension_numbers_of_type("ostiary.v1.Access");
  const auto extensions = reflection.Ask(request)->all_extension_numbers_response();
  EXPECT_EQ(extensions.base_type_name(), "ostiary.v1.Access");
  EXPECT_EQ(extensions.extension_number_size(), 0);

  const auto expect_error = [&](grpc::StatusCode code) {
    EXPECT_EQ(reflection.Ask(request)->error_response().error_code(), code)
        << request.ShortDebugString();
  };
  request.set_file_by_filename("no/such.proto");
  expect_error(grpc::StatusCode::NOT_FOUND);
  request.set_file_containing_symbol("no.such.Symbol");
  expect_error(grpc::StatusCode::NOT_FOUND);
  request.set_all_extension_numbers_of_type("no.such.Type");
  expect_error(grpc::StatusCode::NOT_FOUND);
  request.mutable_file_containing_extension()->set_containing_type("ostiary.v1.Access");
  expect_error(grpc::StatusCode::NOT_FOUND);
  request.clear_message_request();
  expect_error(grpc::StatusCode::INVALID_ARGUMENT);
}

size_t ThreadsOfThisProcess() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
}

TEST(ReflectionTest, AnOpenStreamTakesNoThread) {
  RunningPdp pdp;
  const auto channel = pdp.Connect();
  std::vector<std::unique_ptr<Reflection>> open;
  open.push_back(std::make_unique<Reflection>(channel));
  ASSERT_TRUE(open.back()->AskForServices().has_value());
  const size_t before = ThreadsOfThisProcess();
  while (open.size() < 200) {
    open.push_back(std::make_unique<Reflection>(channel));
    ASSERT_TRUE(open.back()->AskForServices().has_value());
  }
  EXPECT_LT(ThreadsOfThisProcess(), before + 20) << "gRPC's own may grow a little";
}

TEST(ReflectionTest, StreamsAreBounded) {
  ServerOptions options;
  options.max_observers = 2;
  RunningPdp pdp(options);
  auto first = std::make_unique<Reflection>(pdp.Connect());
  Reflection second(pdp.Connect());
  EXPECT_TRUE(first->AskForServices().has_value());
  EXPECT_TRUE(second.AskForServices().has_value());
  EXPECT_EQ(Reflection(pdp.Connect()).AwaitEnd(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  first.reset();
  while (!Reflection(pdp.Connect()).AskForServices().has_value()) {
  }
}

TEST(DrainTest, WaitsForNoReflection) {
  RunningPdp pdp;  // its grace is 10 s
  Reflection reflection(pdp.Connect());
  ASSERT_TRUE(reflection.AskForServices().has_value());
  const MonoTime start = Clock::System().Now();
  pdp.server().Drain();
  EXPECT_LT(Clock::System().Now() - start, std::chrono::seconds(5));
  EXPECT_EQ(reflection.AwaitEnd(), grpc::StatusCode::UNAVAILABLE);
}

TEST(DrainTest, EndsTheSessionsAndRefusesTheRest) {
  RunningPdp pdp;
  const auto channel = pdp.Connect();
  TestSession session(channel);
  session.Open();
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

// What a session still got while its PDP drained.
struct Drained {
  uint64_t read = 0;      // checks that the PDP had read before
  uint64_t answered = 0;  // of them, in order, from the first
  absl::Status end;
};

Drained DrainAStuckSession() {
  Drained drained;
  RunningPdp pdp;
  StuckSession stuck(pdp, kEndless);
  drained.read = StuckSession::ReadByPdp(pdp);
  const auto channel = pdp.Connect();
  std::thread drain([&pdp] { pdp.server().Drain(); });
  while (Ask(channel).ok()) {
  }
  v1::SessionResponse response;
  while (stuck.session().Read(&response)) {
    if (!response.has_result()) continue;
    EXPECT_EQ(response.result().id(), drained.answered++);
    EXPECT_EQ(response.result().decisions_size(), StuckSession::kAccesses);
  }
  drained.end = stuck.session().End();
  drain.join();
  return drained;
}

TEST(DrainTest, AnswersTheOpenChecksFirst) {
  // gRPC closes the connection behind the last answer. What the client sends just then resets it,
  // and the client's kernel forgets what had come: such a session ends otherwise and proves
  // nothing.
  for (int attempt = 0; attempt < 10; ++attempt) {
    const Drained drained = DrainAStuckSession();
    EXPECT_GT(drained.read, 0);
    EXPECT_EQ(drained.end.code(), absl::StatusCode::kUnavailable) << drained.end;
    if (absl::StrContains(drained.end.message(), "shutting down")) {
      EXPECT_GE(drained.answered, drained.read) << "checks that it had read got no answer";
      return;
    }
  }
  FAIL() << "no session ended with the PDP's own word";
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
