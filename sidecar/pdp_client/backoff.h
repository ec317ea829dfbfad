// Backoff: how long to wait before the next attempt. Not thread-safe.
#ifndef OSTIARY_SIDECAR_PDP_CLIENT_BACKOFF_H_
#define OSTIARY_SIDECAR_PDP_CLIENT_BACKOFF_H_

#include <cstdint>
#include <random>

#include "common/clock.h"

namespace ostiary::sidecar {

class Backoff {
 public:
  // `seed` sets the jitter, which keeps the sidecars of one PDP from coming back all at once.
  Backoff(MonoDuration initial, MonoDuration max, uint32_t seed);

  // The wait before the next attempt. At first anything up to `initial`; then between half and all
  // of a span that doubles from `initial` to `max`.
  MonoDuration Next();

  // An attempt came to something that lasted so long. Starts over, unless that is less than the
  // longest wait that may have led to it: who ends each session at once is asked ever more seldom,
  // and nobody waits longer for the next one than the last one worked, but for `initial`.
  void Worked(MonoDuration lasted);

 private:
  const MonoDuration initial_;
  const MonoDuration max_;
  std::minstd_rand random_;
  MonoDuration span_{};  // of the wait before this one; zero at first
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_PDP_CLIENT_BACKOFF_H_
