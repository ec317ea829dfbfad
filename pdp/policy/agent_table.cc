#include "pdp/policy/agent_table.h"

namespace ostiary::pdp {
namespace {

// Agents for each bucket of two, so that few buckets overflow.
constexpr size_t kAgentsPerBucket = 1;

}  // namespace

void AgentTable::Start(size_t most_agents, Arena* arena) {
  // One more, so that even without agents there is a bucket to look into.
  buckets_ = arena->NewArray<Bucket>(most_agents / kAgentsPerBucket + 1);
}

bool AgentTable::Add(absl::string_view id, const AgentPolicy* policy, uint32_t offset) {
  const NameKey key(id);
  for (size_t at = Home(key);; at = Next(at)) {
    for (AgentRecord& place : buckets_[at].records) {
      if (place.policy == nullptr) {
        place = {KeptName(key), policy, offset, static_cast<uint32_t>(id.size())};
        ++size_;
        return true;
      }
      if (place.id.Is(key, place.id_size)) return false;
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
