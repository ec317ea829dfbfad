// AskBook: the asks of one session that have no answer yet, and those of them still to be sent.
//
// Owned by a SessionStream, under its lock. Bounded: past a limit an ask is refused at once.
#ifndef OSTIARY_SIDECAR_PDP_CLIENT_ASK_BOOK_H_
#define OSTIARY_SIDECAR_PDP_CLIENT_ASK_BOOK_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "ostiary/v1/decision.pb.h"
#include "sidecar/core/decision_source.h"

namespace ostiary::sidecar {

struct AskLimits {
  // Asks without an answer.
  size_t max_open = 10'000;
  // Bytes of the asks still to be sent.
  size_t max_unsent_bytes = size_t{32} << 20;
  // Bytes of one ask as it is sent. A PDP that takes less ends the whole session over it.
  size_t max_ask_bytes = size_t{1} << 20;
};

class AskBook {
 public:
  explicit AskBook(AskLimits limits) : limits_(limits) {}

  // Opens an ask. INVALID_ARGUMENT where it cannot be sent, RESOURCE_EXHAUSTED past a limit. An id
  // that is open already changes nothing: its answer is on the way.
  absl::Status Open(uint64_t id, absl::string_view server, const std::vector<Access>& accesses,
                    MonoTime now);

  // Takes the next ask to be sent, in the order opened.
  std::optional<v1::SessionRequest> TakeUnsent();

  // Closes an ask that is answered, and returns how many accesses it had; nothing where no such
  // ask has been sent.
  std::optional<size_t> Close(uint64_t id);

  // When the oldest open ask was opened.
  std::optional<MonoTime> Oldest() const;

 private:
  struct Ask {
    uint64_t id = 0;
    size_t accesses = 0;
    MonoTime opened;
    bool sent = false;
  };

  const AskLimits limits_;
  std::list<Ask> open_;  // oldest first
  absl::flat_hash_map<uint64_t, std::list<Ask>::iterator> by_id_;
  std::deque<v1::SessionRequest> unsent_;
  size_t unsent_bytes_ = 0;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_PDP_CLIENT_ASK_BOOK_H_
