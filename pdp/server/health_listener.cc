#include "pdp/server/health_listener.h"

#include <utility>

#include "absl/memory/memory.h"
#include "common/status_macros.h"
#include "grpc/support/time.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "pdp/server/address.h"

namespace ostiary::pdp {
namespace {

constexpr int kStreamsPerConnection = 100;
constexpr int kMessageBytes = 4096;
constexpr size_t kTransportBytes = size_t{4} << 20;
// A probe connects, asks and goes. Who only holds a connection takes the place of one.
constexpr int kHandshakeMs = 5'000;
constexpr int kIdleMs = 5'000;
// For those that hold a call open: watches begin anew elsewhere in time too.
constexpr int kAgeMs = 300'000;
constexpr int kAgeGraceMs = 5'000;

}  // namespace

absl::StatusOr<std::unique_ptr<HealthListener>> HealthListener::Create(
    const std::string& text, std::vector<std::string> services, size_t max_watches) {
  OSTIARY_ASSIGN_OR_RETURN(Address address, Address::Parse(text));
  auto listener = absl::WrapUnique(new HealthListener(std::move(services), max_watches));
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kIdleMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, kAgeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, kAgeGraceMs);
  builder.SetMaxReceiveMessageSize(kMessageBytes);
  builder.SetResourceQuota(grpc::ResourceQuota("ostiary-pdp-health").Resize(kTransportBytes));
  builder.RegisterService(&listener->health_);
  int port = 0;
  builder.AddListeningPort(text, grpc::InsecureServerCredentials(), &port);
  listener->server_ = builder.BuildAndStart();
  if (port <= 0 || listener->server_ == nullptr) return CannotListen(text);
  if (address.kind == Address::Kind::kTcp) address.port = static_cast<uint16_t>(port);
  listener->address_ = address.ToString();
  return listener;
}

HealthListener::~HealthListener() {
  BeginDrain(absl::UnavailableError("the PDP ends"));
  if (server_ != nullptr) server_->Shutdown(gpr_time_0(GPR_TIMESPAN));
}

}  // namespace ostiary::pdp
