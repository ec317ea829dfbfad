// ShortWaits: while one lives, no call of this process stands still for more than a moment.
//
// Whoever writes to our socket decides what closing it costs us. A descriptor that a peer sends
// along is closed by the kernel in our name, when we read its packet or close the connection with
// the packet unread, and that may be the last one of a TCP connection with SO_LINGER and something
// unsent: the kernel then waits in our call for as long as the peer said, years if it likes. A
// signal ends such a wait, so one comes again and again until the call has returned.
//
// Uses SIGALRM, which must not be blocked, and the process's one interval timer: one at a time,
// around calls for which to be interrupted is no loss, and never around fork(2), which would start
// over each time.
#ifndef OSTIARY_SIDECAR_SOCKET_SHORT_WAITS_H_
#define OSTIARY_SIDECAR_SOCKET_SHORT_WAITS_H_

namespace ostiary::sidecar {

class ShortWaits {
 public:
  ShortWaits();
  ~ShortWaits();
  ShortWaits(const ShortWaits&) = delete;
  ShortWaits& operator=(const ShortWaits&) = delete;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_SOCKET_SHORT_WAITS_H_
