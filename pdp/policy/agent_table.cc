#include "pdp/policy/agent_table.h"

namespace ostiary::pdp {
namespace {

// Agents for each bucket of two, so that few buckets overflow.
constexpr size_t kAgentsPerBucket = 1;

}  // namespace

void AgentTable::Add(absl::string_view id, const AgentPolicy* policy, uint32_t offset) {
  const NameKey name(id);
  added_.push_back({KeptName(name), policy, offset, static_cast<uint32_t>(id.size())});
}

void AgentTable::Build(Arena* arena) {
  // One more, so that even without agents there is a bucket to look into.
  buckets_ = arena->NewArray<Bucket>(added_.size() / kAgentsPerBucket + 1);
  for (const AgentRecord& record : added_) Insert(record);
  size_ = added_.size();
  added_ = {};
}

void AgentTable::Insert(const AgentRecord& record) {
  for (size_t at = Home(NameKey(Id(record)));; at = Next(at)) {
    for (AgentRecord& place : buckets_[at].records) {
      if (place.policy != nullptr) continue;
      place = record;
      return;
    }
  }
}

const AgentRecord* AgentTable::FindLong(const NameKey& id) const {
  for (size_t at = Home(id);; at = Next(at)) {
    for (const AgentRecord& record : buckets_[at].records) {
      if (record.policy == nullptr) return nullptr;
      if (record.id.Is(id, record.id_size)) return &record;
    }
  }
}

}  // namespace ostiary::pdp
