// HeldQueue: the messages that wait for a decision, in the order in which they came, within a bound
// of bytes. One thread.
#ifndef OSTIARY_SIDECAR_CORE_HELD_QUEUE_H_
#define OSTIARY_SIDECAR_CORE_HELD_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "sidecar/core/held.h"

namespace ostiary::sidecar {

class HeldQueue {
 public:
  explicit HeldQueue(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Keeps `*held`, whose deadline is not before any other's, and gives it a serial. Nullptr, with
  // `*held` as it was, where there is no room for it.
  Held* Add(Held* held);
  // Valid until it is taken; nullptr where it was.
  Held* Find(uint64_t serial);
  Held Take(Held* held);
  void DropAll();

  // The one that has waited longest; nullptr where none waits.
  Held* first() { return held_.empty() ? nullptr : held_.front().get(); }
  const Held* first() const { return held_.empty() ? nullptr : held_.front().get(); }
  template <typename Fn>
  void ForEach(Fn fn) {
    for (const std::unique_ptr<Held>& held : held_) {
      if (held != nullptr) {
        fn(held.get());
      }
    }
  }

  // Held messages (an ask without a message does not count).
  size_t messages() const { return messages_; }
  // Of these, what the server said.
  size_t from_server() const { return from_server_; }

 private:
  const size_t max_bytes_;
  // By serial: the first, which is never null, has serial `first_serial_`; those taken are null.
  std::deque<std::unique_ptr<Held>> held_;
  uint64_t first_serial_ = 1;
  size_t messages_ = 0;
  size_t from_server_ = 0;
  size_t bytes_ = 0;  // at most max_bytes_
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_HELD_QUEUE_H_
