// QuietFds: descriptors that seldom have something to tell, behind one that is polled in their
// place. poll(2) takes time for each descriptor that it is given, and the loop sleeps once for each
// message; so those that tell of signals, decisions and ends wait in an epoll(7) set.
//
// Owned by the event loop; one thread. Borrows the descriptors.
#ifndef OSTIARY_SIDECAR_STDIO_QUIET_FDS_H_
#define OSTIARY_SIDECAR_STDIO_QUIET_FDS_H_

#include <poll.h>

#include <cstddef>
#include <vector>

#include "common/unique_fd.h"

namespace ostiary::sidecar {

class QuietFds {
 public:
  // For slots 0 to `slots` - 1, all empty.
  explicit QuietFds(size_t slots);

  // From now on `slot` is `wanted`'s fd and events; an fd below 0 empties it. Costs a system call
  // only where that is new. False where the set cannot stand for it (a regular file, for one): then
  // it has to be polled itself. A slot whose fd was closed must be emptied before it gets another
  // one, which may have the same number.
  bool Cover(size_t slot, const pollfd& wanted);

  // Readable where poll(2) would tell something of a slot. -1 where there is no set: it covers
  // none.
  int fd() const { return set_.get(); }

 private:
  struct Slot {
    int fd = -1;
    short events = 0;
    bool covered = false;
  };

  const UniqueFd set_;
  std::vector<Slot> slots_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_QUIET_FDS_H_
