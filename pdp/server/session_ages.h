// SessionAges: when each session has lived long enough.
//
// A session is one stream on one connection, which goes to one replica for as long as it lasts. So
// that sidecars spread again over replicas that came later, each session ends at an age of its own,
// at random, before the age at which gRPC says goodbye to its connection: then nothing is cut.
//
// Pure but for the randomness: time comes in as an argument. Not thread-safe.
#ifndef OSTIARY_PDP_SERVER_SESSION_AGES_H_
#define OSTIARY_PDP_SERVER_SESSION_AGES_H_

#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "absl/time/time.h"
#include "common/clock.h"

namespace ostiary::pdp {

class SessionAges {
 public:
  // `connection_age`: a hundred years or more for sessions that never end of age. gRPC's own is a
  // tenth more or less of it, so sessions get from 0.7 to 0.9 of it.
  SessionAges(absl::Duration connection_age, uint32_t seed);

  void Add(uint64_t number, MonoTime now);
  void Remove(uint64_t number);
  // Takes out those that are due.
  std::vector<uint64_t> TakeDue(MonoTime now);

 private:
  const absl::Duration connection_age_;
  std::minstd_rand random_;
  std::multimap<MonoTime, uint64_t> by_end_;
  std::map<uint64_t, std::multimap<MonoTime, uint64_t>::iterator> by_number_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_SESSION_AGES_H_
