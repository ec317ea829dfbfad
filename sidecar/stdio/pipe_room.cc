#include "sidecar/stdio/pipe_room.h"

#include <fcntl.h>

namespace ostiary::sidecar {
namespace {

// What pipes hold that nobody has changed, on machines with pages of 4 KiB; elsewhere they hold
// more.
constexpr int kUsualBytes = 64 << 10;

}  // namespace

bool PipeRoom::Widen(int fd) {
  if (asked_) return false;
  asked_ = true;
  const int bytes = ::fcntl(fd, F_GETPIPE_SZ);
  constexpr int kWide = kWideBytes;
  return bytes >= kUsualBytes && bytes < kWide && ::fcntl(fd, F_SETPIPE_SZ, kWide) >= kWide;
}

}  // namespace ostiary::sidecar
