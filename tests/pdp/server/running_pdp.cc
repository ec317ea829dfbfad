#include "tests/pdp/server/running_pdp.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "gtest/gtest.h"
#include "pdp/identity/identity_options.h"
#include "pdp/server/address.h"
#include "pdp/server/grpc_log.h"

namespace ostiary::pdp {

const absl::string_view kCatalog = R"({"mcpServers": {
  "search": {"command": "search-server", "description": "Looks things up"},
  "notes": {"url": "https://notes.example/mcp"}
}})";

std::string RulesMarked(int mark) {
  return absl::StrCat(R"({"agents": {
  "researcher": {"allow": {"servers": ["search"], "tools": {"search": ["web_search"]}}},
  "mark-)",
                      mark, R"(": {"allow": {"servers": ["search"]}}
}})");
}

namespace {

ServerOptions WithAddresses(ServerOptions options, const std::string& socket) {
  options.listen = {absl::StrCat("unix:", socket), "127.0.0.1:0"};
  return options;
}

}  // namespace

RunningPdp::RunningPdp(ServerOptions options, StartWith start, absl::string_view bindings)
    : log_(-1, LogLevel::kError, Clock::System()),
      store_("test-epoch"),
      reloader_({rules_path(), catalog_path()}, {}, &store_, Clock::System(), log_) {
  RouteGrpcLog(nullptr);  // it reports addresses in use, which some tests are about
  if (start == StartWith::kRules) {
    directory_.WriteInPlace("rules.json", RulesMarked(1));
    directory_.WriteInPlace("mcp.json", kCatalog);
    EXPECT_TRUE(reloader_.Reload().ok);
  }
  if (options.tls.has_value()) {
    auto certificates = ServerCertificates::Create(*options.tls, Clock::System(), log_);
    EXPECT_TRUE(certificates.ok()) << certificates.status();
    certificates_ = *std::move(certificates);
  }
  if (!bindings.empty()) {
    directory_.WriteInPlace("bindings.json", bindings);
    IdentityOptions identity;
    identity.certificates = CertificatesCount::kYes;
    identity.bindings = directory_.Path("bindings.json");
    auto sources = IdentitySources::Create(identity, {}, Clock::System(), log_, &metrics_);
    EXPECT_TRUE(sources.ok()) << sources.status();
    identity_ = *std::move(sources);
  }
  auto server =
      PdpServer::Create(WithAddresses(std::move(options), socket_path()), &store_, &reloader_,
                        Clock::System(), &metrics_, certificates_.get(), identity_.get());
  if (!server.ok()) {
    ADD_FAILURE() << server.status();
    std::abort();
  }
  server_ = *std::move(server);
}

void RunningPdp::Publish(int mark) {
  const std::string rules = RulesMarked(mark);
  const LoadedPolicy loaded = LoadPolicy({{rules_path(), rules}, std::nullopt});
  ASSERT_NE(loaded.snapshot, nullptr);
  store_.Publish(loaded.snapshot, store_.Status());
}

std::shared_ptr<grpc::Channel> ConnectTo(const std::string& address) {
  grpc::ChannelArguments arguments;
  // Else all channels to one address share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(Address::Parse(address)->ChannelTarget(),
                                   grpc::InsecureChannelCredentials(), arguments);
}

std::shared_ptr<grpc::Channel> RunningPdp::Connect() const { return ConnectTo(unix_address()); }

std::unique_ptr<v1::PolicyDecisionService::Stub> RunningPdp::Decisions() const {
  return v1::PolicyDecisionService::NewStub(Connect());
}

std::unique_ptr<v1::PolicyAdminService::Stub> RunningPdp::Admin() const {
  return v1::PolicyAdminService::NewStub(Connect());
}

v1::StatusResponse RunningPdp::Status() const {
  grpc::ClientContext context;
  v1::StatusResponse response;
  const grpc::Status status = Admin()->Status(&context, {}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

v1::ReloadResponse RunningPdp::Reload(bool validate_only) const {
  grpc::ClientContext context;
  v1::ReloadRequest request;
  request.set_validate_only(validate_only);
  v1::ReloadResponse response;
  const grpc::Status status = Admin()->Reload(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

}  // namespace ostiary::pdp
