// gRPC's own log and Protobuf's, made part of ours: each writes to stderr in a form of its own
// otherwise, and waits where nobody reads it. Any caller can have Protobuf write, by a text that is
// no UTF-8.
#ifndef OSTIARY_PDP_SERVER_GRPC_LOG_H_
#define OSTIARY_PDP_SERVER_GRPC_LOG_H_

#include "common/log.h"

namespace ostiary::pdp {

// From now on what gRPC has to say goes to `log`, as event "grpc" at level warning (it is gRPC's
// view: what matters to us is logged or returned beside it), and what Protobuf has to say as event
// "protobuf" at level debug, since whoever sent a bad message is told so, and at level error where
// the process is about to end; with nullptr both go nowhere. For the whole process. `log` must live
// until this is called again. Thread-safe, but for the first call, which comes before gRPC runs.
void RouteGrpcLog(const Log* log);

// `lost` is called, once and from any of gRPC's threads, when gRPC has given up a listener: after
// an accept that failed, as for want of descriptors, it takes no connection there any more, and
// tells of it nowhere but in its log. nullptr takes it back. Thread-safe; needs RouteGrpcLog.
void OnListenerLost(void (*lost)());

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_GRPC_LOG_H_
