// Debouncer: turns a burst of hints into one action, and says when.
//
// An editor or a copy gives a dozen events for one change. The action is due once no hint has come
// for `quiet`; a steady stream of hints postpones it by no more than `limit` after the first.
//
// Pure: time comes in as an argument. Not thread-safe.
#ifndef OSTIARY_PDP_RELOAD_DEBOUNCER_H_
#define OSTIARY_PDP_RELOAD_DEBOUNCER_H_

#include <optional>

#include "common/clock.h"

namespace ostiary::pdp {

class Debouncer {
 public:
  Debouncer(MonoDuration quiet, MonoDuration limit) : quiet_(quiet), limit_(limit) {}

  void Hint(MonoTime now);

  // When the action is due; nullopt where there was no hint since the last one.
  std::optional<MonoTime> due() const;

  // Whether it is due. If so, its hints are used up.
  bool Take(MonoTime now);

 private:
  struct Burst {
    MonoTime first;
    MonoTime last;
  };

  const MonoDuration quiet_;
  const MonoDuration limit_;
  std::optional<Burst> burst_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_RELOAD_DEBOUNCER_H_
