#include "pdp/server/admin_client.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "common/tls/client_files.h"
#include "google/protobuf/util/json_util.h"
#include "grpc/support/time.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "ostiary/v1/admin.grpc.pb.h"
#include "ostiary/v1/decision.grpc.pb.h"
#include "pdp/server/address.h"

namespace ostiary::pdp {
namespace {

gpr_timespec In(absl::Duration duration) {
  return gpr_time_from_millis(absl::ToInt64Milliseconds(duration), GPR_TIMESPAN);
}

// A connection, and who asks over it.
struct Wire {
  std::shared_ptr<grpc::Channel> channel;
  std::shared_ptr<grpc::CallCredentials> token;
};

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(const ClientTlsOptions& tls,
                                                                      Wire* wire) {
  if (!tls.on()) return grpc::InsecureChannelCredentials();
  absl::Status problem;
  OSTIARY_ASSIGN_OR_RETURN(const ClientMaterial material, ClientFiles(tls).Read(&problem));
  if (!material.token.empty()) wire->token = grpc::AccessTokenCredentials(material.token);
  grpc::SslCredentialsOptions ssl;
  ssl.pem_root_certs = material.authorities;
  if (material.pair.has_value()) {
    ssl.pem_private_key = material.pair->key;
    ssl.pem_cert_chain = material.pair->chain;
  }
  return grpc::SslCredentials(ssl);
}

// gRPC tells of no reason why there is no connection, so all that may be one is named.
std::string Doubts(const AdminTarget& target, const Address& address) {
  if (!target.tls.on()) return address.kind == Address::Kind::kUnix ? "" : ", without TLS";
  return absl::StrCat(", over TLS, with a certificate of --pdp-ca for that name, and does it take ",
                      target.tls.cert.empty() ? "who shows no --pdp-cert" : "the --pdp-cert");
}

absl::StatusOr<Wire> Connect(const AdminTarget& target, absl::Duration timeout) {
  OSTIARY_ASSIGN_OR_RETURN(const Address address, Address::Parse(target.address));
  OSTIARY_RETURN_IF_ERROR(target.tls.Validate(target.address));
  Wire wire;
  OSTIARY_ASSIGN_OR_RETURN(const auto credentials, Credentials(target.tls, &wire));
  grpc::ChannelArguments arguments;
  if (!target.tls.name.empty()) arguments.SetSslTargetNameOverride(target.tls.name);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(-1);  // a Status may name every agent
  wire.channel = grpc::CreateCustomChannel(address.ChannelTarget(), credentials, arguments);
  // Fails at the first refusal instead of trying until the deadline.
  grpc_connectivity_state state = wire.channel->GetState(true);
  while (state != GRPC_CHANNEL_READY && state != GRPC_CHANNEL_TRANSIENT_FAILURE) {
    if (!wire.channel->WaitForStateChange(state, In(timeout))) break;
    state = wire.channel->GetState(true);
  }
  if (state == GRPC_CHANNEL_READY) return wire;
  return absl::UnavailableError(absl::StrCat("no PDP answers at ", target.address,
                                             ": is it running, and does it listen there",
                                             Doubts(target, address), "?"));
}

absl::Status Failed(absl::string_view call, const std::string& address,
                    const grpc::Status& status) {
  const std::string message = absl::StrCat(
      call, " at ", address,
      " failed: ", absl::StatusCodeToString(static_cast<absl::StatusCode>(status.error_code())),
      ": ", status.error_message());
  // INVALID_ARGUMENT is kept for the address.
  return absl::UnavailableError(message);
}

absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (!status.ok()) {
    return absl::InternalError(
        absl::StrCat("the answer cannot be shown: ", std::string(status.message())));
  }
  return std::string(absl::StripTrailingAsciiWhitespace(json));
}

v1::Kind ToProto(AccessKind kind) {
  switch (kind) {
    case AccessKind::kServer:
      return v1::SERVER;
    case AccessKind::kTool:
      return v1::TOOL;
    case AccessKind::kResource:
      return v1::RESOURCE;
    case AccessKind::kPrompt:
      return v1::PROMPT;
  }
  return v1::KIND_UNSPECIFIED;
}

}  // namespace

absl::StatusOr<AdminAnswer> AskStatus(const AdminTarget& target, const AdminTimeouts& timeouts) {
  OSTIARY_ASSIGN_OR_RETURN(const Wire wire, Connect(target, timeouts.connect));
  grpc::ClientContext context;
  if (wire.token != nullptr) context.set_credentials(wire.token);
  context.set_deadline(In(timeouts.status));
  v1::StatusResponse response;
  const grpc::Status status =
      v1::PolicyAdminService::NewStub(wire.channel)->Status(&context, {}, &response);
  if (!status.ok()) return Failed("Status", target.address, status);
  OSTIARY_ASSIGN_OR_RETURN(std::string json, ToJson(response));
  return AdminAnswer{std::move(json), response.state() == v1::SERVING};
}

absl::StatusOr<AdminAnswer> AskReload(const AdminTarget& target, const AdminTimeouts& timeouts) {
  OSTIARY_ASSIGN_OR_RETURN(const Wire wire, Connect(target, timeouts.connect));
  grpc::ClientContext context;
  if (wire.token != nullptr) context.set_credentials(wire.token);
  context.set_deadline(In(timeouts.reload));
  v1::ReloadResponse response;
  const grpc::Status status =
      v1::PolicyAdminService::NewStub(wire.channel)->Reload(&context, {}, &response);
  if (!status.ok()) return Failed("Reload", target.address, status);
  OSTIARY_ASSIGN_OR_RETURN(std::string json, ToJson(response));
  // Anything but a warning counts as an error, also a severity that this program does not know.
  const bool good =
      std::all_of(response.issues().begin(), response.issues().end(),
                  [](const v1::Issue& issue) { return issue.severity() == v1::WARNING; });
  return AdminAnswer{std::move(json), good};
}

absl::StatusOr<AdminAnswer> AskCheck(const AdminTarget& target, const AskedAccess& access,
                                     const AdminTimeouts& timeouts) {
  OSTIARY_ASSIGN_OR_RETURN(const Wire wire, Connect(target, timeouts.connect));
  grpc::ClientContext context;
  if (wire.token != nullptr) context.set_credentials(wire.token);
  context.set_deadline(In(timeouts.status));
  v1::CheckRequest request;
  request.set_agent(access.agent);
  request.mutable_access()->set_server(access.server);
  request.mutable_access()->set_kind(ToProto(access.kind));
  request.mutable_access()->set_name(access.name);
  v1::CheckResponse response;
  const grpc::Status status =
      v1::PolicyDecisionService::NewStub(wire.channel)->Check(&context, request, &response);
  if (!status.ok()) return Failed("Check", target.address, status);
  const v1::Effect effect = response.decision().effect();
  if (effect != v1::ALLOW && effect != v1::DENY) {
    return absl::UnavailableError(absl::StrCat(
        "Check at ", target.address, " failed: its effect is neither ALLOW nor DENY: ", effect));
  }
  OSTIARY_ASSIGN_OR_RETURN(std::string json, ToJson(response));
  return AdminAnswer{std::move(json), effect == v1::ALLOW};
}

}  // namespace ostiary::pdp
