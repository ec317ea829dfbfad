// AdminClient: what the command line asks of a PDP that runs, and its answer as JSON. Stateless;
// any thread; each call makes a connection of its own and waits for the answer.
#ifndef OSTIARY_PDP_SERVER_ADMIN_CLIENT_H_
#define OSTIARY_PDP_SERVER_ADMIN_CLIENT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/tls/client_options.h"
#include "pdp/policy/decision.h"

namespace ostiary::pdp {

// The response, with the field names of the contract and every field present.
struct AdminAnswer {
  std::string json;
  // Status: the state is SERVING. Reload: the files loaded. Check: the access is allowed.
  bool good = false;
};

struct AdminTimeouts {
  // To find the PDP at all.
  absl::Duration connect = absl::Seconds(5);
  // For Status and for Check, once there is a connection.
  absl::Duration status = absl::Seconds(5);
  // For Reload, which reads and compiles the files.
  absl::Duration reload = absl::Seconds(60);
};

// Which PDP to ask, and how to make sure of it.
struct AdminTarget {
  std::string address;
  ClientTlsOptions tls;
};

// An access to ask about, as the contract's CheckRequest.
struct AskedAccess {
  std::string agent;
  std::string server;
  AccessKind kind = AccessKind::kServer;
  std::string name;
};

// The address is `host:port` or `unix:PATH`; INVALID_ARGUMENT where it is neither or does not go
// with the TLS options, UNAVAILABLE where
// nobody answers there, otherwise what the PDP answered. Messages are for people.
absl::StatusOr<AdminAnswer> AskStatus(const AdminTarget& target,
                                      const AdminTimeouts& timeouts = {});
absl::StatusOr<AdminAnswer> AskReload(const AdminTarget& target,
                                      const AdminTimeouts& timeouts = {});
// An answer with an effect that this program does not know is an error, never a decision.
absl::StatusOr<AdminAnswer> AskCheck(const AdminTarget& target, const AskedAccess& access,
                                     const AdminTimeouts& timeouts = {});

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_ADMIN_CLIENT_H_
