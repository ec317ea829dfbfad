// AgentTable: the agents of a snapshot by their ids.
//
// Its memory is a snapshot's arena. Filled by one thread; afterwards any thread may look agents up.
// Cuckoo hashing (Pagh and Rodler 2001): an agent stands in one of two slots, which are read side
// by side. A slot is eight bytes, so the table of most policies stays in the cache, and what it
// leads to is the line in which an agent's rules begin.
#ifndef OSTIARY_PDP_POLICY_AGENT_TABLE_H_
#define OSTIARY_PDP_POLICY_AGENT_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "pdp/policy/agent_policy.h"
#include "pdp/policy/arena.h"
#include "pdp/policy/search_name.h"

namespace ostiary::pdp {

class AgentTable {
 public:
  AgentTable() = default;
  AgentTable(const AgentTable&) = delete;
  AgentTable& operator=(const AgentTable&) = delete;

  // What Fill needs of an agent without a look at its record, which is far from the next one's.
  struct NewAgent {
    absl::string_view id;
    const AgentRecord* record;
    bool has_own_policy;  // the record's policy lies behind it
  };
  // Once, before all else. The records lie in `arena`. Returns false where two have the same id,
  // and then the table is empty.
  bool Fill(const std::vector<NewAgent>& agents, Arena* arena);

  // nullptr where there is no such agent.
  const AgentRecord* Find(absl::string_view id) const;

  // The same for an id of up to kWordsSize bytes, without a call. It may give nullptr, if hardly
  // ever, where Find finds the agent.
  const AgentRecord* FindQuickly(const NameKey& id) const;

  size_t size() const { return size_; }
  // Calls `visit(id, record)` for each agent, in the order of the memory. Ids are views of the
  // records.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const Slot& slot : slots_) {
      if (slot.place != kNowhere) visit(RecordAt(slot.place).id_text(), RecordAt(slot.place));
    }
  }

 private:
  class Filling;

  // Where a record is: from nobody_, in kUnit bytes, times two, and one more where its policy lies
  // behind it.
  using Place = int32_t;
  static constexpr intptr_t kUnit = 8;
  static constexpr Place kNowhere = 0;
  struct Slot {
    uint32_t tag = 0;
    Place place = kNowhere;
  };

  Place PlaceOf(const NewAgent& agent) const;
  const AgentRecord& RecordAt(Place place) const {
    return *reinterpret_cast<const AgentRecord*>(reinterpret_cast<intptr_t>(nobody_) +
                                                 (place >> 1) * kUnit);
  }
  uint64_t HashOfShort(const NameKey& id) const {
    return search_name::Fold(id.head().near ^ seed_.near, id.head().far ^ seed_.far);
  }
  uint64_t HashOf(const NameKey& id) const {
    return id.size() <= kWordsSize ? HashOfShort(id) : LongHash(id.text(), seed_);
  }
  // Parts of a hash that tell little of each other.
  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 16); }
  size_t FirstHome(uint64_t hash) const { return (hash >> 32) * slots_.size() >> 32; }
  size_t SecondHome(uint64_t hash) const { return (hash & 0xffffffff) * slots_.size() >> 32; }

  absl::Span<Slot> slots_;
  // Stands where there is no agent.
  const AgentRecord* nobody_ = nullptr;
  // Nobody foresees it, so who writes the rules cannot make agents want the same slots.
  TextWords seed_;
  size_t size_ = 0;
};

inline const AgentRecord* AgentTable::FindQuickly(const NameKey& id) const {
  const uint64_t hash = HashOfShort(id);
  const Slot first = slots_.data()[FirstHome(hash)];
  const Slot second = slots_.data()[SecondHome(hash)];
  // In which of the two it stands nobody can foresee, so there is no branch.
  const Place place = first.tag == TagOf(hash) ? first.place : second.place;
  const AgentRecord& record = RecordAt(place);
  // The policy is mostly behind the record, and a decision reads as far as here.
  const char* const policy = reinterpret_cast<const char*>(&record);
  __builtin_prefetch(policy + (place & 1) * 64);
  __builtin_prefetch(policy + (place & 1) * 128);
  return record.id.DiffersFromShort(id, record.id_size) == 0 ? &record : nullptr;
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_AGENT_TABLE_H_
