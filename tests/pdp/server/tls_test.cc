// TLS on the PDP's TCP port: who gets in, who does not, what is known of them, and what becomes of
// renewed certificates.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "common/unique_fd.h"
#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc/support/time.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/auth_context.h"
#include "gtest/gtest.h"
#include "pdp/server/address.h"
#include "pdp/server/admin_client.h"
#include "tests/pdp/server/running_pdp.h"
#include "tests/pdp/server/test_session.h"
#include "tests/support/certificates.h"

namespace ostiary::pdp {
namespace {

using grpc::health::v1::HealthCheckResponse;
using testing::HasSubstr;
using testing::IsEmpty;

const gpr_timespec kPatience = gpr_time_from_seconds(10, GPR_TIMESPAN);

CertificateOptions ServerNames() {
  CertificateOptions options;
  options.dns_names = {"localhost", "pdp.example"};
  options.ip_addresses = {"127.0.0.1"};
  return options;
}

// The files that a PDP reads, by its authority and by the one of its clients.
class Files {
 public:
  Files() { Write(authority.Issue(ServerNames())); }

  void Write(const CertifiedKey& issued) const {
    directory.RenameOver("tls.crt", issued.chain);
    directory.RenameOver("tls.key", issued.key);
    directory.RenameOver("ca.crt", clients.root());
  }
  CertificatePaths Paths() const {
    return {directory.Path("tls.crt"), directory.Path("tls.key"), ""};
  }
  ServerOptions Options() const {
    ServerOptions options;
    options.tls = Paths();
    return options;
  }
  ServerOptions OptionsWithClients(ClientCertificates clients_show) const {
    ServerOptions options = Options();
    options.tls->client_ca = directory.Path("ca.crt");
    options.client_certificates = clients_show;
    return options;
  }

  const TestAuthority authority;
  const TestAuthority clients;
  const ScratchDir directory;
};

// How a client makes sure of the PDP and who it is; plaintext without authorities.
struct Client {
  std::string authorities;
  std::optional<CertifiedKey> shown = std::nullopt;
};

grpc::Status Ask(const RunningPdp& pdp, const Client& client) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (!client.authorities.empty()) {
    grpc::SslCredentialsOptions ssl;
    ssl.pem_root_certs = client.authorities;
    if (client.shown.has_value()) {
      ssl.pem_cert_chain = client.shown->chain;
      ssl.pem_private_key = client.shown->key;
    }
    credentials = grpc::SslCredentials(ssl);
  }
  const auto channel = grpc::CreateCustomChannel(Address::Parse(pdp.tcp_address())->ChannelTarget(),
                                                 credentials, arguments);
  grpc::ClientContext context;
  context.set_deadline(kPatience);
  v1::CheckRequest request;
  request.set_agent("researcher");
  *request.mutable_access() = ToolAccess("search", "web_search");
  v1::CheckResponse response;
  return v1::PolicyDecisionService::NewStub(channel)->Check(&context, request, &response);
}

TEST(TlsTest, SpeaksTlsOverTcpAndPlaintextOnTheUnixSocket) {
  const Files files;
  const RunningPdp pdp(files.Options());
  EXPECT_TRUE(Ask(pdp, {files.authority.root()}).ok());
  EXPECT_EQ(pdp.Status().state(), v1::SERVING);  // over the Unix socket
}

TEST(TlsTest, RefusesPlaintextOnItsTlsPort) {
  const Files files;
  const RunningPdp pdp(files.Options());
  EXPECT_EQ(Ask(pdp, {""}).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(TlsTest, SendsItsIntermediates) {
  Files files;
  CertificateOptions middle;
  middle.common_name = "intermediate";
  files.Write(files.authority.Intermediate(middle).Issue(ServerNames()));
  const RunningPdp pdp(files.Options());
  EXPECT_TRUE(Ask(pdp, {files.authority.root()}).ok());
}

TEST(TlsTest, LetsInOnlyClientsOfItsClientAuthority) {
  const Files files;
  const RunningPdp required(files.OptionsWithClients(ClientCertificates::kRequired));
  const RunningPdp optional(files.OptionsWithClients(ClientCertificates::kOptional));
  CertificateOptions expired;
  expired.starts = -absl::Hours(2);
  expired.ends = -absl::Hours(1);
  CertificateOptions future;
  future.starts = absl::Hours(1);
  struct Case {
    const char* name;
    std::optional<CertifiedKey> shown;
    bool gets_in_where_required;
    bool gets_in_where_optional;
  };
  const Case cases[] = {
      {"one of the client authority", files.clients.Issue({}), true, true},
      {"none", std::nullopt, false, true},
      {"one of the PDP's own authority", files.authority.Issue({}), false, false},
      {"one of another authority", TestAuthority().Issue({}), false, false},
      {"an expired one", files.clients.Issue(expired), false, false},
      {"one that is not valid yet", files.clients.Issue(future), false, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const grpc::Status where_required = Ask(required, {files.authority.root(), c.shown});
    EXPECT_EQ(where_required.ok(), c.gets_in_where_required) << where_required.error_message();
    const grpc::Status where_optional = Ask(optional, {files.authority.root(), c.shown});
    EXPECT_EQ(where_optional.ok(), c.gets_in_where_optional) << where_optional.error_message();
  }
}

TEST(TlsTest, WhoIsKeptOutIsToldWhatToLookAt) {
  const Files files;
  const RunningPdp pdp(files.OptionsWithClients(ClientCertificates::kRequired));
  AdminTarget target{pdp.tcp_address(), {}};
  EXPECT_THAT(AskStatus(target).status().message(), HasSubstr("listen there, without TLS?"));
  files.directory.WriteInPlace("root.crt", files.authority.root());
  target.tls.ca = files.directory.Path("root.crt");
  EXPECT_THAT(AskStatus(target).status().message(), HasSubstr("shows no --pdp-cert?"));
  const CertifiedKey stranger = TestAuthority().Issue({});
  files.directory.WriteInPlace("me.crt", stranger.chain);
  files.directory.WriteInPlace("me.key", stranger.key);
  target.tls.cert = files.directory.Path("me.crt");
  target.tls.key = files.directory.Path("me.key");
  EXPECT_THAT(AskStatus(target).status().message(), HasSubstr("does it take the --pdp-cert?"));
}

TEST(TlsTest, ARenewedCertificateCountsFromTheNextConnection) {
  Files files;
  RunningPdp pdp(files.Options());
  const TestAuthority next;
  files.Write(next.Issue(ServerNames()));
  EXPECT_TRUE(Ask(pdp, {files.authority.root()}).ok());
  pdp.certificates()->Refresh(ReloadMode::kApply);
  EXPECT_TRUE(Ask(pdp, {next.root()}).ok());
  EXPECT_FALSE(Ask(pdp, {files.authority.root()}).ok());
}

TEST(TlsTest, ReloadTakesOverCertificatesTooOrSaysWhyNot) {
  Files files;
  RunningPdp pdp(files.Options());
  const TestAuthority next;
  files.Write(next.Issue(ServerNames()));
  EXPECT_THAT(pdp.Reload(/*validate_only=*/true).issues(), IsEmpty());
  EXPECT_TRUE(Ask(pdp, {files.authority.root()}).ok());
  EXPECT_THAT(pdp.Reload().issues(), IsEmpty());
  EXPECT_TRUE(Ask(pdp, {next.root()}).ok());

  files.directory.RenameOver("tls.key", files.authority.Issue(ServerNames()).key);
  for (const bool validate_only : {true, false}) {
    const v1::ReloadResponse torn = pdp.Reload(validate_only);
    ASSERT_EQ(torn.issues_size(), 1);
    EXPECT_EQ(torn.issues(0).severity(), v1::ERROR);
    EXPECT_EQ(torn.issues(0).file(), files.directory.Path("tls.crt"));
    EXPECT_THAT(torn.issues(0).message(), HasSubstr("the key is not that of the certificate"));
  }
  EXPECT_TRUE(Ask(pdp, {next.root()}).ok());
}

TEST(TlsTest, ATornPairIsNotTakenOver) {
  Files files;
  RunningPdp pdp(files.Options());
  files.directory.RenameOver("tls.key", files.authority.Issue(ServerNames()).key);
  pdp.certificates()->Refresh(ReloadMode::kApply);
  EXPECT_TRUE(Ask(pdp, {files.authority.root()}).ok());
  EXPECT_EQ(pdp.certificates()->Report().failed, 1u);
}

TEST(TlsTest, RenewedClientAuthoritiesCountToo) {
  Files files;
  RunningPdp pdp(files.OptionsWithClients(ClientCertificates::kRequired));
  const TestAuthority next;
  const Client new_client{files.authority.root(), next.Issue({})};
  EXPECT_FALSE(Ask(pdp, new_client).ok());
  files.directory.RenameOver("ca.crt", next.root());
  pdp.certificates()->Refresh(ReloadMode::kApply);
  EXPECT_TRUE(Ask(pdp, new_client).ok());
  EXPECT_FALSE(Ask(pdp, {files.authority.root(), files.clients.Issue({})}).ok());
}

// Every listener has to get the renewed certificate, not just the one that is asked first.
TEST(TlsTest, AllTcpAddressesGetTheRenewedCertificate) {
  Files files;
  RunningPdp pdp(files.Options());
  ServerOptions options = files.Options();
  options.listen = {"127.0.0.1:0", "127.0.0.1:0"};
  auto server = PdpServer::Create(options, &pdp.store(), &pdp.reloader(), Clock::System(),
                                  &pdp.metrics(), pdp.certificates());
  ASSERT_TRUE(server.ok()) << server.status();
  const TestAuthority next;
  files.Write(next.Issue(ServerNames()));
  pdp.certificates()->Refresh(ReloadMode::kApply);
  for (const std::string& address : (*server)->addresses()) {
    grpc::SslCredentialsOptions ssl;
    ssl.pem_root_certs = next.root();
    const auto channel =
        grpc::CreateChannel(Address::Parse(address)->ChannelTarget(), grpc::SslCredentials(ssl));
    EXPECT_TRUE(channel->WaitForConnected(kPatience)) << address;
  }
}

HealthCheckResponse::ServingStatus HealthOf(const std::string& address,
                                            const std::string& service) {
  grpc::ClientContext context;
  context.set_deadline(kPatience);
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  HealthCheckResponse response;
  const grpc::Status status =
      grpc::health::v1::Health::NewStub(ConnectTo(address))->Check(&context, request, &response);
  return status.ok() ? response.status() : HealthCheckResponse::SERVICE_UNKNOWN;
}

ServerOptions WithHealthPort(ServerOptions options) {
  options.health_listen = "127.0.0.1:0";
  return options;
}

TEST(HealthListenerTest, AnswersProbesInPlaintextBesideTls) {
  const Files files;
  RunningPdp pdp(WithHealthPort(files.Options()), StartWith::kNothing);
  const std::string address = pdp.server().health_address();
  const std::string decisions = v1::PolicyDecisionService::service_full_name();
  EXPECT_EQ(HealthOf(address, ""), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(HealthOf(address, decisions), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(HealthOf(address, "liveness"), HealthCheckResponse::SERVING);
  pdp.Publish(1);
  EXPECT_EQ(HealthOf(address, ""), HealthCheckResponse::SERVING);
  EXPECT_EQ(HealthOf(address, decisions), HealthCheckResponse::SERVING);
  EXPECT_EQ(HealthOf(address, "nonsense"), HealthCheckResponse::SERVICE_UNKNOWN);
}

TEST(HealthListenerTest, ServesNothingElse) {
  RunningPdp pdp(WithHealthPort({}));
  const auto channel = ConnectTo(pdp.server().health_address());
  grpc::ClientContext context;
  v1::CheckResponse check;
  EXPECT_EQ(v1::PolicyDecisionService::NewStub(channel)->Check(&context, {}, &check).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  grpc::ClientContext admin;
  v1::StatusResponse status;
  EXPECT_EQ(v1::PolicyAdminService::NewStub(channel)->Status(&admin, {}, &status).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

// Reads until the other end closes; whether it did so in 20 s.
bool IsClosedByPeer(int socket) {
  const MonoTime deadline = Clock::System().Now() + std::chrono::seconds(20);
  char bytes[256];
  while (Clock::System().Now() < deadline) {
    pollfd waiting = {socket, POLLIN, 0};
    if (::poll(&waiting, 1, 1000) > 0 && ::read(socket, bytes, sizeof(bytes)) <= 0) return true;
  }
  return false;
}

UniqueFd ConnectRaw(const Address& address) {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_port = htons(address.port);
  there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&there), sizeof(there)), 0);
  return socket;
}

// Anyone may reach that port, and its connections are numbered: they would take the probes' place.
TEST(HealthListenerTest, KeepsNoConnectionThatAsksNothing) {
  RunningPdp pdp(WithHealthPort({}));
  const Address address = *Address::Parse(pdp.server().health_address());
  const UniqueFd silent = ConnectRaw(address);
  const UniqueFd idle = ConnectRaw(address);
  // HTTP/2's preface, and settings that set nothing.
  const std::string hello("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
  ASSERT_EQ(::write(idle.get(), hello.data(), hello.size()), 33);
  EXPECT_TRUE(IsClosedByPeer(silent.get()));
  EXPECT_TRUE(IsClosedByPeer(idle.get()));
}

TEST(ConnectionAgeTest, ASessionOfAgeEndsInGoodOrder) {
  ServerOptions options;
  options.sessions.max_connection_age = absl::Seconds(1);
  options.sessions.heartbeat_interval = absl::Milliseconds(100);
  const RunningPdp pdp(options);
  TestSession session(pdp.Connect());
  ASSERT_TRUE(session.Hello());
  session.ReadEvent(v1::CURRENT);
  EXPECT_EQ(session.End(), absl::OkStatus());
}

TEST(ServerOptionsTest, TlsOptionsAreCheckedBeforeAnyPortOpens) {
  struct Case {
    const char* name;
    std::function<void(ServerOptions*)> change;
    const char* says;
  };
  const Case cases[] = {
      {"no key",
       [](ServerOptions* o) {
         o->tls = {"cert", "", ""};
       },
       "tls-cert and tls-key go together"},
      {"no certificate",
       [](ServerOptions* o) {
         o->tls = {"", "key", ""};
       },
       "tls-cert and tls-key go together"},
      {"clients without TLS",
       [](ServerOptions* o) {
         o->tls = {"", "", "ca"};
       },
       "client-ca: "},
      {"plaintext on a network", [](ServerOptions* o) { o->listen = {"0.0.0.0:7443"}; },
       "give --tls-cert and --tls-key"},
      {"health where all is", [](ServerOptions* o) { o->health_listen = "127.0.0.1:7443"; },
       "health-listen: "},
      {"health nowhere", [](ServerOptions* o) { o->health_listen = "here"; },
       "the port is missing"},
      {"no age", [](ServerOptions* o) { o->sessions.max_connection_age = absl::ZeroDuration(); },
       "max-connection-age: "},
      {"no grace", [](ServerOptions* o) { o->max_connection_age_grace = absl::ZeroDuration(); },
       "max-connection-age-grace: "},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    ServerOptions options;
    c.change(&options);
    const absl::Status status = options.Validate();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.says));
  }
  ServerOptions network;
  network.listen = {"0.0.0.0:7443", "unix:/run/pdp.sock"};
  network.tls = {"cert", "key", ""};
  network.health_listen = "0.0.0.0:7080";
  network.sessions.max_connection_age = absl::InfiniteDuration();
  EXPECT_EQ(network.Validate(), absl::OkStatus());
}

}  // namespace
}  // namespace ostiary::pdp
