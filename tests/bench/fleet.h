// Fleet: so many sidecars' sessions on one decision service, seen from their end. They say hello,
// acknowledge each revision as a sidecar does, and ask nothing.
//
// Made and read by one thread; the sessions run on gRPC's. Ends the program where a session ends,
// since a figure without it would mean nothing.
#ifndef OSTIARY_TESTS_BENCH_FLEET_H_
#define OSTIARY_TESTS_BENCH_FLEET_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/clock.h"
#include "common/mutex.h"

namespace ostiary::bench {

// What the sessions heard since Forget.
struct Hearing {
  MonoTime first;              // the first event of a new revision that any of them heard
  std::vector<MonoTime> last;  // session by session, the last one
  std::vector<int> events;     // session by session, how many
  uint64_t newest = 0;         // the generation that all of them are at
};

class Fleet {
 public:
  // Opens `streams` sessions on each of so many connections, and returns when all have heard
  // CURRENT.
  Fleet(const std::string& target, int connections, int streams);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  size_t size() const { return streams_.size(); }

  // The newest generation that any session has heard of.
  uint64_t newest() ABSL_LOCKS_EXCLUDED(mutex_);

  // Counts anew. Nothing may be on its way.
  void Forget();
  // Waits until any session has heard of a new revision since Forget.
  void AwaitFirst();
  // Waits until every session has heard of this generation or a later one, since Forget.
  Hearing AwaitAll(uint64_t generation);

 private:
  class Stream;

  void Heard(size_t session, uint64_t generation);
  // Ends the program where `done` does not come true.
  template <typename Condition>
  void Await(Condition done) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  CondVar changed_;
  std::vector<uint64_t> generations_ ABSL_GUARDED_BY(mutex_);
  uint64_t awaited_ ABSL_GUARDED_BY(mutex_) = 0;  // a generation
  size_t arrived_ ABSL_GUARDED_BY(mutex_) = 0;    // sessions at it, or past it
  size_t heard_ ABSL_GUARDED_BY(mutex_) = 0;      // events
  Hearing hearing_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Stream>> streams_;
};

}  // namespace ostiary::bench

#endif  // OSTIARY_TESTS_BENCH_FLEET_H_
