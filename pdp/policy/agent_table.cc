#include "pdp/policy/agent_table.h"

#include <algorithm>
#include <random>

namespace ostiary::pdp {
namespace {

// Buckets of two for so many agents: one for each, so that few overflow; more where they are so few
// that memory does not count.
size_t CountBuckets(size_t agents) {
  constexpr size_t kFew = 1'000;
  return agents <= kFew ? std::max<size_t>(2 * agents, 64) : agents;
}

TextWords RandomWords() {
  std::random_device random;
  const auto word = [&random] { return uint64_t{random()} << 32 | random(); };
  return {word(), word()};
}

}  // namespace

void AgentTable::Start(size_t most_agents, Arena* arena) {
  buckets_ = arena->NewArray<Bucket>(CountBuckets(most_agents));
  seed_ = RandomWords();
}

bool AgentTable::Add(absl::string_view id, const AgentPolicy* policy, uint32_t offset) {
  const NameKey key(id);
  for (size_t at = Home(id);; at = Next(at)) {
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

const AgentRecord* AgentTable::Find(absl::string_view id) const {
  const NameKey key(id);
  for (size_t at = Home(id);; at = Next(at)) {
    for (const AgentRecord& record : buckets_[at].records) {
      if (record.policy == nullptr) return nullptr;
      if (record.id.Is(key, record.id_size)) return &record;
    }
  }
}

}  // namespace ostiary::pdp
