// Closes descriptors in a process that was forked and must not hold what its parent has.
#ifndef OSTIARY_SIDECAR_STDIO_CLOSE_FDS_H_
#define OSTIARY_SIDECAR_STDIO_CLOSE_FDS_H_

#include <vector>

namespace ostiary::sidecar {

// Closes what lies above stderr but these. Also where there is no close_range(2): kernels before
// 5.9 lack it, and containers' seccomp profiles that are older than it refuse it. For a process
// with one thread.
void CloseAllBut(std::vector<int> kept);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_CLOSE_FDS_H_
