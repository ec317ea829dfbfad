// DrainGate: whether the server still takes work. Thread-safe; closes once and stays closed.
#ifndef OSTIARY_PDP_SERVER_DRAIN_GATE_H_
#define OSTIARY_PDP_SERVER_DRAIN_GATE_H_

#include <atomic>

#include "absl/status/status.h"

namespace ostiary::pdp {

class DrainGate {
 public:
  void Close() { closed_.store(true, std::memory_order_release); }

  // OK, or UNAVAILABLE once closed: another replica may answer.
  absl::Status Enter() const {
    return closed_.load(std::memory_order_acquire) ? ShuttingDown() : absl::OkStatus();
  }

  static absl::Status ShuttingDown() {
    return absl::UnavailableError("the PDP is shutting down: ask again, another may answer");
  }

 private:
  std::atomic<bool> closed_{false};
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_DRAIN_GATE_H_
