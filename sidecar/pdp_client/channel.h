// The gRPC channel of one session.
#ifndef OSTIARY_SIDECAR_PDP_CLIENT_CHANNEL_H_
#define OSTIARY_SIDECAR_PDP_CLIENT_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/channel.h"

namespace ostiary::sidecar {

// The gRPC target for "host:port" or "unix:PATH". INVALID_ARGUMENT for anything else: gRPC would
// take many a typing error for a host name and fail much later.
absl::StatusOr<std::string> GrpcTarget(absl::string_view address);

// A channel that shares no connection and no backoff with any other, goes through no proxy, and
// notices a dead peer. It connects when the first call starts. Each session has one of its own:
// names are resolved anew, and the only backoff is ours.
std::shared_ptr<grpc::Channel> NewChannel(const std::string& target);

// Sets what gRPC can be told only by the environment: names are resolved by the native resolver
// (c-ares stalls for seconds where a DNS server is dead), and gRPC writes nothing of its own to
// stderr. Call it once, in main, before any thread starts and before anything of gRPC is used, and
// after clearing the environment: GRPC_*, *_proxy and OPENSSL_* are inputs from whoever starts the
// sidecar.
void SetGrpcEnvironment();

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_PDP_CLIENT_CHANNEL_H_
