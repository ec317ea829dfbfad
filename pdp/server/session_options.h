// What sessions may cost, and how often they hear from the PDP.
#ifndef OSTIARY_PDP_SERVER_SESSION_OPTIONS_H_
#define OSTIARY_PDP_SERVER_SESSION_OPTIONS_H_

#include <cstddef>

#include "absl/time/time.h"

namespace ostiary::pdp {

struct SessionOptions {
  // Sessions at once; the next one ends with RESOURCE_EXHAUSTED. Each costs about 15 KB, and 36 KB
  // more where it has a connection of its own.
  size_t max_sessions = 20'000;
  // Every session hears a HEARTBEAT this often, whatever else it hears. A session that has not said
  // hello after two of them ends.
  absl::Duration heartbeat_interval = absl::Seconds(5);
  // How long a sidecar may use what it has cached without hearing from the PDP. At least two
  // heartbeat intervals, so that one late heartbeat does no harm.
  absl::Duration lease = absl::Seconds(15);
  // The age of the connections below. Each session ends in good order, at random between 0.7 and
  // 0.9 of it, so that sidecars spread over the replicas that there are by then. Infinite: never.
  absl::Duration max_connection_age = absl::Minutes(10);
  // Checks that a session may have open. At the limit, nothing more is read from it until one of
  // them is answered, so a sidecar that asks without reading is held up by HTTP/2's flow control
  // and never fails for it.
  size_t max_open_checks = 256;
  // The same, in bytes of the open checks. One check more may be read before the limit holds.
  size_t max_open_bytes = 1 << 20;
  // Bytes of the open checks of all sessions together. The session that passes it ends with
  // RESOURCE_EXHAUSTED.
  size_t max_total_open_bytes = size_t{256} << 20;
  // Bytes of each field of hello and applied, which the PDP keeps for Status.
  size_t max_hello_field_bytes = 1024;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_SESSION_OPTIONS_H_
