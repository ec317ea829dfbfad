// The gRPC channel of one session, and how it is made sure of.
#ifndef OSTIARY_SIDECAR_PDP_CLIENT_CHANNEL_H_
#define OSTIARY_SIDECAR_PDP_CLIENT_CHANNEL_H_

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/tls/client_files.h"
#include "common/tls/client_options.h"
#include "grpcpp/channel.h"
#include "grpcpp/security/credentials.h"

namespace ostiary::sidecar {

// The gRPC target for "host:port" or "unix:PATH". INVALID_ARGUMENT for anything else: gRPC would
// take many a typing error for a host name and fail much later.
absl::StatusOr<std::string> GrpcTarget(absl::string_view address);

// What a session runs on.
struct SessionWire {
  std::shared_ptr<grpc::Channel> channel;
  std::shared_ptr<grpc::CallCredentials> token;  // nullptr where no token is shown
};

// Makes the wire of each session. Not thread-safe; used by the keeper alone.
//
// With options.on() the wire is TLS and never anything else: the PDP's certificate must be of the
// authorities in options.ca, and bear the name. The files are read anew for each session.
class Connector {
 public:
  // `log` must outlive it; the options must have passed Validate(address).
  static absl::StatusOr<std::unique_ptr<Connector>> Create(const std::string& address,
                                                           ClientTlsOptions options,
                                                           const Log& log);

  // Connects nothing yet. Where the PDP's name has several addresses, the next one is tried after
  // `per_address` at the latest. The error says which file cannot be used, and why.
  absl::StatusOr<SessionWire> Make(MonoDuration per_address);

  // Why a session ended, with what to do about it where the two ends do not agree about TLS.
  absl::Status Explain(const absl::Status& status) const;

 private:
  Connector(std::string target, ClientTlsOptions options, const Log& log);

  const std::string target_;
  const ClientTlsOptions options_;
  const Log& log_;
  ClientFiles files_;
  absl::Status problem_;  // as last said in the log
};

// A channel that shares no connection and no backoff with any other, goes through no proxy, and
// notices a dead peer. It connects when the first call starts. Each session has one of its own:
// names are resolved anew, and the only backoff is ours.
// `name`, if not empty, is the one that the certificate must bear in place of the target's host.
// Each of the target's addresses has `per_address` to answer, one after the other.
std::shared_ptr<grpc::Channel> NewChannel(
    const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
    const std::string& name, MonoDuration per_address = std::chrono::seconds(2));

// Sets what gRPC can be told only by the environment or for the whole process: names are resolved
// by the native resolver (c-ares stalls for seconds where a DNS server is dead), gRPC and Protobuf
// write nothing of their own to stderr, gRPC waits by poll(2), nobody but who waits for a
// connection looks at it, and nobody watches its locks for deadlocks. Call it once, in main, before
// any thread starts and before anything of gRPC is used, and after clearing the environment:
// GRPC_*, *_proxy and OPENSSL_* are inputs from whoever starts the sidecar.
void SetGrpcEnvironment();

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_PDP_CLIENT_CHANNEL_H_
