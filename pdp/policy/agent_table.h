// AgentTable: the agents of a snapshot by their ids.
//
// Its memory is a snapshot's arena. Filled by one thread; afterwards any thread may look agents up.
// Cuckoo hashing (Pagh and Rodler 2001): an agent stands in one of two slots, which are read side
// by side. A slot is eight bytes, so the table of most policies stays in the cache, and what it
// leads to is the line in which an agent's rules begin. Where agents share a policy, their slots
// say which, so nothing waits for what else is known of the agent.
#ifndef OSTIARY_PDP_POLICY_AGENT_TABLE_H_
#define OSTIARY_PDP_POLICY_AGENT_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "pdp/policy/agent_policy.h"
#include "pdp/policy/arena.h"
#include "pdp/policy/near.h"
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
    const AgentPolicy* shared;  // its policy, unless that lies behind the record: then nullptr
  };
  // Once, before all else. Records and policies lie in `arena`. Returns false where two have the
  // same id, and then the table is empty.
  bool Fill(const std::vector<NewAgent>& agents, Arena* arena);

  // nullptr where there is no such agent.
  const AgentRecord* Find(absl::string_view id) const;

  // The policy of an agent whose id has up to kWordsSize bytes, without a call. It may give
  // nullptr, if hardly ever, where Find finds the agent.
  const AgentPolicy* FindPolicyQuickly(const NameKey& id) const;

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
  class Numbering;

  // Where a record is: from nobody_, in kUnit bytes.
  using Place = int32_t;
  static constexpr intptr_t kUnit = 8;
  static constexpr Place kNowhere = 0;
  // The number of a policy among shared_. kInRecord: the record says where it is.
  using SharedNumber = uint16_t;
  static constexpr SharedNumber kInRecord = 0;
  struct Slot {
    uint16_t tag = 0;
    SharedNumber shared = kInRecord;
    Place place = kNowhere;
  };
  static_assert(sizeof(Slot) == 8);

  Place PlaceOf(const AgentRecord* record) const;
  const AgentRecord& RecordAt(Place place) const {
    return *reinterpret_cast<const AgentRecord*>(reinterpret_cast<intptr_t>(nobody_) +
                                                 place * kUnit);
  }
  static bool IsOf(const AgentRecord& record, const NameKey& short_id) {
    return record.id.DiffersFromShort(short_id, record.id_size) == 0;
  }
  uint64_t HashOfShort(const NameKey& id) const {
    return search_name::Fold(id.head().near ^ seed_.near, id.head().far ^ seed_.far);
  }
  uint64_t HashOf(const NameKey& id) const {
    return id.size() <= kWordsSize ? HashOfShort(id) : LongHash(id.text(), seed_);
  }
  // Parts of a hash that tell little of each other.
  static uint16_t TagOf(uint64_t hash) { return static_cast<uint16_t>(hash ^ hash >> 32); }
  size_t FirstHome(uint64_t hash) const { return (hash >> 32) * slots_.size() >> 32; }
  size_t SecondHome(uint64_t hash) const { return (hash & 0xffffffff) * slots_.size() >> 32; }

  absl::Span<Slot> slots_;
  absl::Span<Near<AgentPolicy>> shared_;
  // Stands where there is no agent.
  const AgentRecord* nobody_ = nullptr;
  // Nobody foresees it, so who writes the rules cannot make agents want the same slots.
  TextWords seed_;
  size_t size_ = 0;
};

inline const AgentPolicy* AgentTable::FindPolicyQuickly(const NameKey& id) const {
  const uint64_t hash = HashOfShort(id);
  const Slot first = slots_.data()[FirstHome(hash)];
  const Slot second = slots_.data()[SecondHome(hash)];
  // In which of the two it stands nobody can foresee, so there is no branch.
  const Slot slot = first.tag == TagOf(hash) ? first : second;
  const AgentRecord& record = RecordAt(slot.place);
  if (slot.shared != kInRecord) {
    // Whether it is this agent's comes out while the policy already decides.
    return IsOf(record, id) ? &*shared_.data()[slot.shared] : nullptr;
  }
  // The policy is mostly behind the record, and a decision reads as far as here.
  __builtin_prefetch(reinterpret_cast<const char*>(&record) + 64);
  __builtin_prefetch(reinterpret_cast<const char*>(&record) + 128);
  return IsOf(record, id) ? &*record.policy : nullptr;
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_AGENT_TABLE_H_
