// gRPC's own log, made part of ours: it writes to stderr in a form of its own otherwise.
#ifndef OSTIARY_PDP_SERVER_GRPC_LOG_H_
#define OSTIARY_PDP_SERVER_GRPC_LOG_H_

#include "common/log.h"

namespace ostiary::pdp {

// From now on what gRPC has to say goes to `log`, as event "grpc" at level warning (it is gRPC's
// view: what matters to us is logged or returned beside it); with nullptr it goes nowhere. For the
// whole process. `log` must live until this is called again. Thread-safe.
void RouteGrpcLog(const Log* log);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_GRPC_LOG_H_
