// The credentials by which the PDP's TCP listeners speak TLS.
//
// gRPC asks for the present certificate at the start of each connection, so a renewed one counts
// from the next connection on, from memory, and open connections stay as they are. TLS is 1.2 or
// later. What a peer has proved is in its call's AuthContext: "peer_spiffe_id" is there where its
// certificate has exactly one URI and that is a SPIFFE ID; "transport_security_type" is "ssl".
#ifndef OSTIARY_PDP_SERVER_TLS_CREDENTIALS_H_
#define OSTIARY_PDP_SERVER_TLS_CREDENTIALS_H_

#include <cstdint>
#include <memory>

#include "grpcpp/security/server_credentials.h"
#include "pdp/tls/server_certificates.h"

namespace ostiary::pdp {

// What clients must prove, where there are authorities to prove it by.
enum class ClientCertificates : uint8_t {
  kRequired,  // no connection without a good one
  kOptional,  // one that is shown must be good
};

// For one listener: each has its own. `certificates` must outlive the server.
std::shared_ptr<grpc::ServerCredentials> NewTlsCredentials(const ServerCertificates& certificates,
                                                           ClientCertificates clients);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_TLS_CREDENTIALS_H_
