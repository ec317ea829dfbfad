#include "pdp/server/peer_facts.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "grpc/grpc_security_constants.h"
#include "grpcpp/security/auth_context.h"

namespace ostiary::pdp {
namespace {

absl::string_view ToView(grpc::string_ref text) { return {text.data(), text.size()}; }

// The value of a property that must be there once; nullopt for none and for several.
std::optional<absl::string_view> OneOf(const grpc::AuthContext& auth, const char* property) {
  const std::vector<grpc::string_ref> values = auth.FindPropertyValues(property);
  if (values.size() != 1) return std::nullopt;
  return ToView(values[0]);
}

}  // namespace

PeerFacts::Way PlaintextWay(absl::string_view peer) {
  if (absl::StartsWith(peer, "unix:")) return PeerFacts::Way::kUnixSocket;
  const bool is_loopback = absl::StartsWith(peer, "ipv4:127.") ||
                           absl::StartsWith(peer, "ipv6:[::1]:") ||
                           absl::StartsWith(peer, "ipv6:%5B::1%5D:");
  return is_loopback ? PeerFacts::Way::kLoopback : PeerFacts::Way::kPlaintext;
}

PeerFacts ReadPeerFacts(const grpc::ServerContextBase& context) {
  PeerFacts facts;
  // The context holds it for its own lifetime.
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  const std::optional<absl::string_view> security =
      auth == nullptr ? std::nullopt : OneOf(*auth, GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME);
  if (security == GRPC_SSL_TRANSPORT_SECURITY_TYPE) {
    facts.way = PeerFacts::Way::kTls;
    facts.certificate = OneOf(*auth, GRPC_X509_PEM_CERT_PROPERTY_NAME).value_or("");
    facts.spiffe_id = OneOf(*auth, GRPC_PEER_SPIFFE_ID_PROPERTY_NAME);
  } else {
    facts.way = PlaintextWay(context.peer());
  }
  const auto range = context.client_metadata().equal_range("authorization");
  for (auto it = range.first; it != range.second; ++it) {
    facts.authorization.push_back(ToView(it->second));
  }
  return facts;
}

}  // namespace ostiary::pdp
