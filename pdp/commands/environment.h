// What the environment may not do to a program of ours. Called by main, before any thread runs and
// before gRPC starts.
#ifndef OSTIARY_PDP_COMMANDS_ENVIRONMENT_H_
#define OSTIARY_PDP_COMMANDS_ENVIRONMENT_H_

#include "absl/status/status.h"

namespace ostiary::pdp {

// Unsets every variable by which gRPC or OpenSSL would take orders from whoever started the
// program: GRPC_* (GRPC_TRACE prints credentials), *_proxy in both cases (which redirect channels),
// OPENSSL_*, SSL_CERT_* and SSLKEYLOGFILE. Then has gRPC resolve names as all other programs do:
// its own resolver stalls on a dead DNS server even for names of /etc/hosts.
//
// Where there was such a variable, the program starts anew in its own place, with the same
// arguments: libraries that were loaded before main have read the environment already, and OpenSSL
// its configuration. INTERNAL where it cannot.
absl::Status CleanEnvironment(char** argv);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_COMMANDS_ENVIRONMENT_H_
