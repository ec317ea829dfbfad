// StuckSession: a sidecar that asks for much and reads nothing until a test does. After its n-th
// check (from 1) it says that it applies generation n, so Status tells how many of its checks the
// PDP has read.
#ifndef OSTIARY_TESTS_PDP_SERVER_STUCK_SESSION_H_
#define OSTIARY_TESTS_PDP_SERVER_STUCK_SESSION_H_

#include <atomic>
#include <cstdint>
#include <thread>

#include "tests/pdp/server/running_pdp.h"
#include "tests/pdp/server/test_session.h"

namespace ostiary::pdp {

class StuckSession {
 public:
  // Accesses of each check, of 500 bytes each.
  static constexpr int kAccesses = 50;

  // Sends so many checks at most, with ids from 0, and returns when it is at rest: when all are
  // sent, or when none was sent during many round trips of another client.
  StuckSession(const RunningPdp& pdp, uint64_t max_checks);
  // Ends once the PDP reads or ends the session.
  ~StuckSession() { asker_.join(); }

  TestSession& session() { return session_; }
  uint64_t sent() const { return sent_; }
  // Checks that the PDP has read by now, or one less. The PDP must have no other session.
  static uint64_t ReadByPdp(const RunningPdp& pdp);

 private:
  void Ask(uint64_t max_checks);

  TestSession session_;
  std::atomic<uint64_t> sent_{0};
  std::thread asker_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_TESTS_PDP_SERVER_STUCK_SESSION_H_
