#include "sidecar/socket/short_waits.h"

#include <signal.h>
#include <sys/time.h>

namespace ostiary::sidecar {
namespace {

// Long for a call that does not wait, and short for all the others that wait for us meanwhile.
constexpr suseconds_t kMomentMicroseconds = 10'000;

void SetTimer(suseconds_t microseconds) {
  const itimerval timer = {{0, microseconds}, {0, microseconds}};
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace

ShortWaits::ShortWaits() {
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  ::sigaction(SIGALRM, &action, nullptr);
  SetTimer(kMomentMicroseconds);
}

// The handler stays: a last signal may still be on its way.
ShortWaits::~ShortWaits() { SetTimer(0); }

}  // namespace ostiary::sidecar
