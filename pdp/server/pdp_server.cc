#include "pdp/server/pdp_server.h"

#include <climits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/mutex.h"
#include "common/status_macros.h"
#include "common/unix_socket_guard.h"
#include "grpc/support/time.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "pdp/server/address.h"
#include "pdp/server/admin_service.h"
#include "pdp/server/admin_worker.h"
#include "pdp/server/caller_gate.h"
#include "pdp/server/decision_service.h"
#include "pdp/server/drain_gate.h"
#include "pdp/server/health_listener.h"
#include "pdp/server/health_service.h"
#include "pdp/server/reflection_service.h"
#include "pdp/server/session_registry.h"
#include "pdp/server/tls_credentials.h"

namespace ostiary::pdp {
namespace {

using HealthStatus = grpc::health::v1::HealthCheckResponse;

// A peer that vanished without a word is noticed after this long without an answer to a ping.
constexpr int kPingEveryMs = 30'000;
constexpr int kPingTimeoutMs = 10'000;
// A peer that does not come to its first call's preface in this time is cut.
constexpr int kHandshakeMs = 10'000;
// How often sidecars may ping.
constexpr int kFastestClientPingMs = 5'000;

}  // namespace

std::vector<ReloadSubject*> ReloadedBesideRules(ServerCertificates* certificates,
                                                IdentitySources* identity) {
  std::vector<ReloadSubject*> subjects;
  if (certificates != nullptr) subjects.push_back(certificates);
  if (identity != nullptr) {
    for (ReloadSubject* subject : identity->subjects()) subjects.push_back(subject);
  }
  return subjects;
}

// In the order of construction; what uses comes after what is used.
struct PdpServer::Rep {
  // How the store reaches a server that may be gone: its listeners cannot be taken back.
  struct Link {
    Mutex mutex;
    Rep* rep ABSL_GUARDED_BY(mutex) = nullptr;
  };

  Rep(const ServerOptions& given, PolicyStore* store, Reloader* reloader, const Clock& clock,
      Metrics* metrics, ServerCertificates* shown, IdentitySources* identity)
      : options(given),
        certificates(shown),
        callers(identity == nullptr ? nullptr : &identity->authorizer()),
        sessions(options.sessions, options.requests, *store, clock, metrics),
        worker(options.max_queued_admin_calls),
        health(HealthNames(), options.max_observers),
        reflection({grpc::health::v1::Health::service_full_name(),
                    grpc::reflection::v1alpha::ServerReflection::service_full_name(),
                    v1::PolicyAdminService::service_full_name(),
                    v1::PolicyDecisionService::service_full_name()},
                   options.max_observers),
        decisions(*store, options.requests, gate, callers, &sessions, clock, metrics),
        admin({reloader->paths(), OSTIARY_VERSION, clock.WallNow()}, options.policy, gate, callers,
              sessions, reloader, ReloadedBesideRules(shown, identity), &worker) {}

  static std::vector<std::string> HealthNames() {
    return {v1::PolicyDecisionService::service_full_name(),
            v1::PolicyAdminService::service_full_name()};
  }

  absl::Status GuardSockets();
  absl::Status Guard(const std::string& text);
  absl::Status Start();
  absl::Status StartProbes();
  void ConfigureAges(grpc::ServerBuilder* builder);
  void Configure(grpc::ServerBuilder* builder);
  std::shared_ptr<grpc::ServerCredentials> CredentialsFor(const Address& address);
  void Shutdown(absl::Duration grace);

  const ServerOptions options;
  const ServerCertificates* const certificates;
  const CallerGate callers;
  // gRPC's C layer asks them for as long as the server lives, and does not own them.
  std::vector<std::shared_ptr<grpc::ServerCredentials>> credentials;
  std::vector<UnixSocketGuard> guards;
  std::vector<std::string> addresses;
  DrainGate gate;
  SessionRegistry sessions;
  AdminWorker worker;
  HealthService health;
  ReflectionService reflection;
  DecisionService decisions;
  AdminService admin;
  std::shared_ptr<Link> link = std::make_shared<Link>();
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<HealthListener> probes;  // nullptr without options.health_listen
};

absl::Status PdpServer::Rep::GuardSockets() {
  for (const std::string& text : options.listen) OSTIARY_RETURN_IF_ERROR(Guard(text));
  return options.health_listen.empty() ? absl::OkStatus() : Guard(options.health_listen);
}

absl::Status PdpServer::Rep::Guard(const std::string& text) {
  OSTIARY_ASSIGN_OR_RETURN(const Address address, Address::Parse(text));
  if (address.kind != Address::Kind::kUnix) return absl::OkStatus();
  OSTIARY_ASSIGN_OR_RETURN(UnixSocketGuard guard, UnixSocketGuard::Acquire(address.path));
  guards.push_back(std::move(guard));
  return absl::OkStatus();
}

void PdpServer::Rep::ConfigureAges(grpc::ServerBuilder* builder) {
  const absl::Duration age = options.sessions.max_connection_age;
  if (age >= absl::Milliseconds(INT_MAX)) return;
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                              static_cast<int>(absl::ToInt64Milliseconds(age)));
  builder->AddChannelArgument(
      GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
      static_cast<int>(absl::ToInt64Milliseconds(options.max_connection_age_grace)));
}

void PdpServer::Rep::Configure(grpc::ServerBuilder* builder) {
  // Else a second server would take every second connection of this one's port, in silence.
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_streams_per_connection);
  builder->AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kPingEveryMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                              kFastestClientPingMs);
  // Its probes are pings of their own with what comes, for windows that nothing here needs.
  builder->AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  ConfigureAges(builder);
  builder->SetMaxReceiveMessageSize(options.max_message_bytes);
  builder->SetResourceQuota(grpc::ResourceQuota("ostiary-pdp").Resize(options.max_transport_bytes));
  builder->RegisterService(&decisions);
  builder->RegisterService(&admin);
  builder->RegisterService(&health);
  builder->RegisterService(&reflection);
}

std::shared_ptr<grpc::ServerCredentials> PdpServer::Rep::CredentialsFor(const Address& address) {
  if (address.kind == Address::Kind::kUnix || !options.tls.has_value()) {
    return grpc::InsecureServerCredentials();
  }
  credentials.push_back(NewTlsCredentials(*certificates, options.client_certificates));
  return credentials.back();
}

absl::Status PdpServer::Rep::Start() {
  grpc::ServerBuilder builder;
  Configure(&builder);
  std::vector<int> ports(options.listen.size(), 0);
  for (size_t i = 0; i < options.listen.size(); ++i) {
    OSTIARY_ASSIGN_OR_RETURN(const Address address, Address::Parse(options.listen[i]));
    builder.AddListeningPort(options.listen[i], CredentialsFor(address), &ports[i]);
  }
  server = builder.BuildAndStart();
  for (size_t i = 0; i < options.listen.size(); ++i) {
    OSTIARY_ASSIGN_OR_RETURN(Address address, Address::Parse(options.listen[i]));
    if (ports[i] <= 0) {
      return CannotListen(options.listen[i]);
    }
    if (address.kind == Address::Kind::kTcp) address.port = static_cast<uint16_t>(ports[i]);
    addresses.push_back(address.ToString());
  }
  if (server == nullptr) return absl::InternalError("gRPC did not start the server");
  return absl::OkStatus();
}

absl::Status PdpServer::Rep::StartProbes() {
  if (options.health_listen.empty()) return absl::OkStatus();
  OSTIARY_ASSIGN_OR_RETURN(
      probes, HealthListener::Create(options.health_listen, HealthNames(), options.max_observers));
  return absl::OkStatus();
}

void PdpServer::Rep::Shutdown(absl::Duration grace) {
  {
    const MutexLock lock(&link->mutex);
    link->rep = nullptr;
  }
  if (server == nullptr) return;
  gate.Close();
  health.Shutdown(DrainGate::ShuttingDown());
  if (probes != nullptr) probes->BeginDrain(DrainGate::ShuttingDown());
  reflection.Shutdown(DrainGate::ShuttingDown());
  sessions.EndAll(DrainGate::ShuttingDown());
  server->Shutdown(gpr_time_from_millis(absl::ToInt64Milliseconds(grace), GPR_TIMESPAN));
  server.reset();
  probes.reset();
}

PdpServer::PdpServer(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}

PdpServer::~PdpServer() { rep_->Shutdown(absl::ZeroDuration()); }

absl::StatusOr<std::unique_ptr<PdpServer>> PdpServer::Create(const ServerOptions& options,
                                                             PolicyStore* store, Reloader* reloader,
                                                             const Clock& clock, Metrics* metrics,
                                                             ServerCertificates* certificates,
                                                             IdentitySources* identity) {
  OSTIARY_RETURN_IF_ERROR(options.Validate());
  if (options.tls.has_value() && certificates == nullptr) {
    return absl::InternalError("TLS is asked for, and there are no certificates");
  }
  auto rep =
      std::make_unique<Rep>(options, store, reloader, clock, metrics, certificates, identity);
  Rep* const started = rep.get();
  // The destructor ends what an error leaves behind.
  std::unique_ptr<PdpServer> server(new PdpServer(std::move(rep)));
  OSTIARY_RETURN_IF_ERROR(started->GuardSockets());
  OSTIARY_RETURN_IF_ERROR(started->Start());
  OSTIARY_RETURN_IF_ERROR(started->StartProbes());
  const std::shared_ptr<Rep::Link> link = started->link;
  {
    const MutexLock lock(&link->mutex);
    link->rep = started;
  }
  store->Subscribe([link](const std::shared_ptr<const PublishedPolicy>&) {
    const MutexLock lock(&link->mutex);
    if (link->rep == nullptr) return;
    link->rep->health.SetStatus(HealthStatus::SERVING);
    if (link->rep->probes != nullptr) link->rep->probes->SetStatus(HealthStatus::SERVING);
    link->rep->sessions.NotifyChanged();
  });
  if (identity != nullptr) {
    identity->bindings().Subscribe([link] {
      const MutexLock lock(&link->mutex);
      if (link->rep != nullptr) link->rep->sessions.NotifyChanged();
    });
  }
  return server;
}

const std::vector<std::string>& PdpServer::addresses() const { return rep_->addresses; }

SidecarReport PdpServer::Report(size_t max_sidecars) const {
  return rep_->sessions.Report(max_sidecars);
}

std::string PdpServer::health_address() const {
  return rep_->probes == nullptr ? "" : rep_->probes->address();
}

void PdpServer::Drain() { rep_->Shutdown(rep_->options.drain_grace); }

}  // namespace ostiary::pdp
