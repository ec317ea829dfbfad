#include "sidecar/stdio/quiet_fds.h"

#include <sys/epoll.h>

namespace ostiary::sidecar {

QuietFds::QuietFds(size_t slots) : set_(::epoll_create1(EPOLL_CLOEXEC)), slots_(slots) {}

bool QuietFds::Cover(size_t slot, const pollfd& wanted) {
  Slot& present = slots_[slot];
  if (present.fd == wanted.fd && present.events == wanted.events) return present.covered;
  if (present.covered) ::epoll_ctl(set_.get(), EPOLL_CTL_DEL, present.fd, nullptr);
  present = {wanted.fd, wanted.events, false};
  if (wanted.fd < 0) return false;
  epoll_event event = {};
  event.events = static_cast<uint32_t>(wanted.events);  // poll's numbers are epoll's
  present.covered = ::epoll_ctl(set_.get(), EPOLL_CTL_ADD, wanted.fd, &event) == 0;
  return present.covered;
}

}  // namespace ostiary::sidecar
