// Load on a decision service: a fixed number of calls in flight until it is told to stop.
//
// Made, read and stopped by one thread; the calls run on gRPC's. Ends the program where a call
// fails or answers something else than an allow, since its figure would mean nothing.
#ifndef OSTIARY_TESTS_BENCH_LOAD_H_
#define OSTIARY_TESTS_BENCH_LOAD_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/clock.h"
#include "common/mutex.h"

namespace ostiary::bench {

class Load {
 public:
  virtual ~Load() = default;
  // Lets the calls in flight end, and waits for them.
  virtual void Stop() = 0;

  // Calls ended so far.
  uint64_t ended() const { return ended_; }
  // Round-trip times of the calls of one slot, in microseconds; after Stop.
  std::vector<double>& samples() { return samples_; }

 protected:
  std::atomic<uint64_t> ended_{0};
  std::vector<double> samples_;  // written by the first slot alone
};

// A service to load.
struct Target {
  std::string address;
  // PEM of the authority to trust, and of the client's own certificate and key. Empty: no TLS.
  std::string authority = {};
  std::string certificate = {};
  std::string key = {};
};

// Check calls (`batch` 0), or BatchCheck calls of `batch` accesses, over one connection.
std::unique_ptr<Load> UnaryLoad(const Target& target, int in_flight, int batch);

// Checks on sessions, each with a connection of its own.
std::unique_ptr<Load> SessionLoad(const Target& target, int sessions, int in_flight_each);

}  // namespace ostiary::bench

#endif  // OSTIARY_TESTS_BENCH_LOAD_H_
