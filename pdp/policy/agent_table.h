// AgentTable: the agents of a snapshot by their ids.
//
// Its memory is a snapshot's arena. Filled by one thread; afterwards any thread may look agents up.
// Cuckoo hashing (Pagh and Rodler 2001): an agent stands in one of two slots, which are read side
// by side. Where most agents have a policy of their own, a slot is eight bytes, so the table of
// most policies stays in the cache, and leads to the line in which an agent's rules begin. Where
// most share one, few lines hold all rules, and a slot is all that else is known of an agent.
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

  struct NewAgent {
    KeptName id;
    uint32_t id_size;
    uint32_t offset;
    const AgentPolicy* policy;
    // Says all this, in front of the policy; nullptr where the agent shares that.
    const AgentRecord* record;

    absl::string_view id_text() const { return id.Text(id_size); }
    void WriteTo(AgentRecord* out) const {
      out->id = id;
      out->id_size = id_size;
      out->offset = offset;
      out->policy.Set(policy);
    }
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
    for (size_t home = 0; home < slot_count_; ++home) {
      const AgentRecord& record = RecordIn(home);
      if (record.id_size != AgentRecord::kNoId) visit(record.id_text(), record);
    }
  }

 private:
  class Filling;

  // Where a record is: from nobody_, in kUnit bytes.
  using Place = int32_t;
  static constexpr intptr_t kUnit = 8;
  struct Slot {
    uint32_t tag = 0;
    Place place = 0;
  };

  void FillRecords(const Filling& filling, Arena* arena);
  void FillSlots(const Filling& filling, Arena* arena);
  Place PlaceOf(const AgentRecord* record) const;
  const AgentRecord& RecordAt(Place place) const {
    return *reinterpret_cast<const AgentRecord*>(reinterpret_cast<intptr_t>(nobody_) +
                                                 place * kUnit);
  }
  const AgentRecord& RecordIn(size_t home) const {
    return records_.empty() ? RecordAt(slots_[home].place) : records_[home];
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
  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 16); }
  size_t FirstHome(uint64_t hash) const { return (hash >> 32) * slot_count_ >> 32; }
  size_t SecondHome(uint64_t hash) const { return (hash & 0xffffffff) * slot_count_ >> 32; }
  const AgentPolicy* FindInRecords(uint64_t hash, const NameKey& short_id) const;
  const AgentPolicy* FindBySlots(uint64_t hash, const NameKey& short_id) const;

  size_t slot_count_ = 0;
  // One of the two has so many, the other none.
  absl::Span<Slot> slots_;
  absl::Span<AgentRecord> records_;
  const AgentRecord* nobody_ = nullptr;  // where slots lead that have no agent
  // Nobody foresees it, so who writes the rules cannot make agents want the same slots.
  TextWords seed_;
  size_t size_ = 0;
};

// In which of the two an agent stands nobody can foresee, so there is no branch on it.
inline const AgentPolicy* AgentTable::FindInRecords(uint64_t hash, const NameKey& short_id) const {
  const AgentRecord& first = records_.data()[FirstHome(hash)];
  const AgentRecord& second = records_.data()[SecondHome(hash)];
  const AgentRecord& record = IsOf(first, short_id) ? first : second;
  return IsOf(record, short_id) ? &*record.policy : nullptr;
}

inline const AgentPolicy* AgentTable::FindBySlots(uint64_t hash, const NameKey& short_id) const {
  const Slot first = slots_.data()[FirstHome(hash)];
  const Slot second = slots_.data()[SecondHome(hash)];
  const AgentRecord& record = RecordAt(first.tag == TagOf(hash) ? first.place : second.place);
  // The policy is mostly behind the record, and a decision reads as far as here.
  __builtin_prefetch(reinterpret_cast<const char*>(&record) + 64);
  __builtin_prefetch(reinterpret_cast<const char*>(&record) + 128);
  return IsOf(record, short_id) ? &*record.policy : nullptr;
}

inline const AgentPolicy* AgentTable::FindPolicyQuickly(const NameKey& id) const {
  const uint64_t hash = HashOfShort(id);
  return records_.empty() ? FindBySlots(hash, id) : FindInRecords(hash, id);
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_AGENT_TABLE_H_
