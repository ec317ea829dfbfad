// Decisions: the verdicts that may be used now, and the messages that wait for one.
//
// Owns the cache, the present revision and its lease, the asks in flight and the held messages. One
// thread, the enforcer's; nothing here sends a line: what has been decided is handed back, in
// order.
//
// The rules, all of which deny when in doubt:
//  - A cached verdict counts under its own revision and until the lease ends.
//  - Accesses in flight are asked for once; whoever needs the same one waits with the others, and
//    messages that wait for the same access keep their order.
//  - An answer of the present revision is used and kept; one of a later generation of its epoch
//    (the change is still to be announced) is used for those who wait and not kept. Any other is
//    odd: it is asked for once more, and then there is no decision.
//  - A change of revision discards what the cache and the lists in progress have.
#ifndef OSTIARY_SIDECAR_CORE_DECISIONS_H_
#define OSTIARY_SIDECAR_CORE_DECISIONS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "common/clock.h"
#include "sidecar/core/access_view.h"
#include "sidecar/core/decision_cache.h"
#include "sidecar/core/decision_source.h"
#include "sidecar/core/held.h"
#include "sidecar/core/held_queue.h"

namespace ostiary::sidecar {

class Decisions {
 public:
  struct Limits {
    MonoDuration timeout;
    size_t max_waiting_bytes;
    size_t max_cached;
  };

  // `source` must outlive this.
  Decisions(const Limits& limits, DecisionSource* source)
      : limits_(limits),
        source_(source),
        cache_(limits.max_cached),
        held_(limits.max_waiting_bytes) {}
  Decisions(const Decisions&) = delete;
  Decisions& operator=(const Decisions&) = delete;

  // The verdict that counts now, or nullptr: then Hold. Nullptr also where others wait for this
  // access, so that none overtakes them. Valid until the next call that is not Find.
  const Verdict* Find(const AccessView& access, MonoTime now);
  // The revision of what Find returns.
  const Revision& revision() const { return *revision_; }

  // How the cache fared since the last call: hits are what Find found, misses what Hold, or a
  // message that it holds, had to wait for.
  CacheUsage TakeUsage() { return std::exchange(usage_, {}); }

  // Asks for what `held` still needs. Returns it where that is nothing, or where no more can be
  // held (then it is undecided).
  std::optional<Held> Hold(Held held, MonoTime now);

  // What happens at the source. `*decided` gets the messages whose decision is there, or of which
  // it is certain that none comes.
  void OnAnswer(SourceAnswer answer, MonoTime now, std::vector<Held>* decided);
  enum class Change : uint8_t {
    kFirst,
    kNone,
    kSamePolicy,  // another PDP, or the same one started anew, decides by an equal policy
    kChanged,
  };
  Change OnRevision(const SourceRevision& present, MonoTime now);
  // `why` is told to those whose decision does not come for it. PERMISSION_DENIED (this sidecar may
  // not ask for its agent any more) ends the lease; anything else says nothing of the verdicts
  // held.
  void OnLost(const absl::Status& why);
  void OnTime(MonoTime now, std::vector<Held>* decided);
  std::optional<MonoTime> NextDeadline() const;

  // Forgets all that wait.
  void DropAll();
  // Held messages (an ask without a message does not count).
  size_t waiting() const { return held_.messages(); }
  // Of these, what the server said.
  size_t waiting_from_server() const { return held_.from_server(); }

 private:
  // One access in flight, and who waits for it: serials of held messages, and which of their
  // accesses it is. A serial may be gone by now.
  struct Flight {
    struct Waiter {
      uint64_t serial;
      size_t index;
    };
    Access access;
    uint64_t ask_id = 0;  // 0: none that could be answered
    MonoTime asked_at;
    bool asked_again = false;
    std::vector<Waiter> waiters;
    size_t live = 0;  // waiters that are not gone
  };
  struct Question {
    std::vector<Access> accesses;
    size_t live = 0;  // of them, those whose flight still waits for this question
  };
  enum class Standing : uint8_t { kPresent, kLater, kOdd };

  // Find, not counted.
  const Verdict* Look(const AccessView& access, MonoTime now);
  Standing StandingOf(const Revision& revision) const;
  void JoinAll(Held* held, absl::Span<const size_t> indexes, MonoTime now);
  static void Mark(Held* held, size_t index, const Verdict& verdict, const Revision& revision);
  void Forget(Held* held, MonoTime now);
  Change ChangeTo(const Revision& present) const;
  void Join(Flight* flight, const Held& held, size_t index);
  void Ask(absl::Span<Flight* const> flights, MonoTime now);
  void AskOne(absl::Span<Flight* const> flights, MonoTime now);
  void AskOnceMore(uint64_t ask_id, const Question& question, MonoTime now,
                   std::vector<Held>* decided);
  void AskLostAgain(MonoTime now);
  // Settles what waits for `access` with this ask.
  void Resolve(const Access& access, uint64_t ask_id, const Verdict& verdict,
               const Revision& revision, std::vector<Held>* decided);
  // Why a decision did not come in time.
  std::string WhyLate() const;
  void Fail(const Access& access, uint64_t ask_id, const Undecided& undecided,
            std::vector<Held>* decided);
  std::unique_ptr<Flight> Land(const Access& access, uint64_t ask_id);
  // Takes `held` off the flights that it still waits for. Those that others wait for too, although
  // their ask must have been lost, go to `*overdue`.
  void Leave(const Held& held, std::vector<Access>* overdue);
  void LeaveQuestion(uint64_t ask_id);

  const Limits limits_;
  DecisionSource* const source_;
  DecisionCache cache_;
  CacheUsage usage_;
  std::optional<Revision> revision_;
  MonoTime lease_end_;
  bool connected_ = false;
  absl::Status lost_;  // why it is not connected; OK where that is not known

  uint64_t last_ask_id_ = 0;
  absl::flat_hash_map<uint64_t, Question> questions_;
  absl::flat_hash_map<AccessView, std::unique_ptr<Flight>> flights_;  // keys point into the values

  HeldQueue held_;  // deadlines are in order, since all have the same time
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_DECISIONS_H_
