// What gRPC knows of a call's caller, for the Authorizer. A pure function; any thread.
#ifndef OSTIARY_PDP_SERVER_PEER_FACTS_H_
#define OSTIARY_PDP_SERVER_PEER_FACTS_H_

#include "absl/strings/string_view.h"
#include "grpcpp/server_context.h"
#include "pdp/identity/authorizer.h"

namespace ostiary::pdp {

// Views of the context, which must outlive them. Of a certificate only its URI counts
// ("peer_spiffe_id", which gRPC gives where there is exactly one URI and that a SPIFFE ID), never
// its common name.
PeerFacts ReadPeerFacts(const grpc::ServerContextBase& context);

// How a caller without TLS came, by gRPC's name for it: "unix:…", "ipv4:127.0.0.1:1234".
PeerFacts::Way PlaintextWay(absl::string_view peer);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_PEER_FACTS_H_
