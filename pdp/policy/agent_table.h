// AgentTable: the agents of a snapshot by their ids.
//
// Its memory is a snapshot's arena. Filled by one thread; afterwards any thread may look agents up.
// Open addressing in buckets of one cache line, which hold ids of up to 16 bytes themselves: to
// find an agent mostly takes one miss of the cache.
#ifndef OSTIARY_PDP_POLICY_AGENT_TABLE_H_
#define OSTIARY_PDP_POLICY_AGENT_TABLE_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "pdp/policy/agent_policy.h"
#include "pdp/policy/arena.h"
#include "pdp/policy/search_name.h"

namespace ostiary::pdp {

// An agent. Agents whose rules are written alike share a policy, whose places are relative to
// `offset`.
struct AgentRecord {
  KeptName id;
  const AgentPolicy* policy = nullptr;  // nullptr: no agent
  uint32_t offset = 0;                  // of the agent's object in the file
  uint32_t id_size = kNoId;
  static constexpr uint32_t kNoId = 0xffffffff;  // the size of no name that is looked for
};

class AgentTable {
 public:
  AgentTable() = default;
  AgentTable(const AgentTable&) = delete;
  AgentTable& operator=(const AgentTable&) = delete;

  // Once, before all else. At most so many agents may be added.
  void Start(size_t most_agents, Arena* arena);
  // Returns false, and changes nothing, where the id is there already. An id of more than
  // kWordsSize bytes must live as long as the table.
  bool Add(absl::string_view id, const AgentPolicy* policy, uint32_t offset);

  // nullptr where there is no such agent.
  const AgentRecord* Find(absl::string_view id) const;

  // The same for an id of up to kWordsSize bytes, without a call; nullptr also where it takes more
  // than one look. Nine of ten agents take one.
  const AgentRecord* FindAtHome(const NameKey& id) const;

  size_t size() const { return size_; }
  // Calls `visit(id, record)` for each agent, in the order of the memory. Ids are views of the
  // table.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const Bucket& bucket : buckets_) {
      for (const AgentRecord& record : bucket.records) {
        if (record.policy != nullptr) visit(Id(record), record);
      }
    }
  }

 private:
  static constexpr size_t kRecords = 2;
  struct alignas(64) Bucket {
    AgentRecord records[kRecords];
  };
  static_assert(sizeof(Bucket) == 64);

  static absl::string_view Id(const AgentRecord& record) { return record.id.Text(record.id_size); }
  size_t Place(uint64_t hash) const { return (hash >> 32) * buckets_.size() >> 32; }
  size_t HomeOfShort(const NameKey& id) const {
    return Place(search_name::Fold(id.head().near ^ seed_.near, id.head().far ^ seed_.far));
  }
  size_t Home(absl::string_view id) const {
    return id.size() <= kWordsSize ? HomeOfShort(NameKey(id)) : Place(LongHash(id, seed_));
  }
  size_t Next(size_t bucket) const { return bucket + 1 == buckets_.size() ? 0 : bucket + 1; }

  absl::Span<Bucket> buckets_;  // never full
  // Nobody foresees it, so who writes the rules cannot crowd the agents into few buckets.
  TextWords seed_;
  size_t size_ = 0;
};

inline const AgentRecord* AgentTable::FindAtHome(const NameKey& id) const {
  // Both are compared before there is a branch: in which of the two it stands nobody can foresee.
  const AgentRecord* const records = buckets_.data()[HomeOfShort(id)].records;
  const uint64_t first = records[0].id.DiffersFromShort(id, records[0].id_size);
  const uint64_t second = records[1].id.DiffersFromShort(id, records[1].id_size);
  return first == 0 || second == 0 ? records + (first == 0 ? 0 : 1) : nullptr;
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_AGENT_TABLE_H_
