// Guard: the process that is the server's parent, so that nothing the server starts outlives us.
//
// What a server starts may leave its process group (setsid) and its parent (a double fork). It
// cannot leave its ancestors: the guard is a "child subreaper", so whatever loses its parent
// becomes the guard's child, and the guard can kill its children until none is left. It does so
// when told, and where the sidecar is gone, however it went: their channel ends then. Where the
// guard is killed, the server dies by its parent-death signal.
//
// It stands in a process group of its own and blocks all signals, so a terminal's signals and a
// kill of the sidecar's group pass it by. It reads no flags and decides nothing.
#ifndef OSTIARY_SIDECAR_STDIO_GUARD_H_
#define OSTIARY_SIDECAR_STDIO_GUARD_H_

#include <cstdint>

#include "sidecar/stdio/launch.h"

namespace ostiary::sidecar {

// One packet of the channel.
struct GuardMessage {
  enum Kind : int32_t {
    // To the guard.
    kStart,   // the server; once
    kSignal,  // `value` to the server's group; SIGKILL also to all that it ever started
    // From the guard.
    kStarted,  // `value`: 0, or the errno of the start
    kEnded,    // `value`: the status, as a shell tells it
  };
  Kind kind;
  int32_t value;
};

// Becomes the guard. `channel` is a SOCK_SEQPACKET socket, the launch's descriptors are its own.
// For a process that was just forked from one without other threads; closes all that it does not
// need, so as not to hold the client's pipes open.
[[noreturn]] void RunGuard(int channel, const Launch& launch);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_GUARD_H_
