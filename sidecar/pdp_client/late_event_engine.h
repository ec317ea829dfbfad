// A gRPC EventEngine that starts its threads when something is first to be run on them.
//
// gRPC makes its engine, with three threads and their epoll sets, for every channel's arguments. Of
// what a session goes through, only timers of rare cases (a connection that is tried again) run on
// it, so most sessions end without.
#ifndef OSTIARY_SIDECAR_PDP_CLIENT_LATE_EVENT_ENGINE_H_
#define OSTIARY_SIDECAR_PDP_CLIENT_LATE_EVENT_ENGINE_H_

namespace ostiary::sidecar {

// Has gRPC use it from now on. Call it before anything of gRPC is used.
void StartEventEngineLate();

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_PDP_CLIENT_LATE_EVENT_ENGINE_H_
