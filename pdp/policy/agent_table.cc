#include "pdp/policy/agent_table.h"

#include <algorithm>

namespace ostiary::pdp {
namespace {

// Agents for each bucket of two, so that few buckets overflow.
constexpr size_t kAgentsPerBucket = 1;

}  // namespace

absl::string_view AgentTable::Id(const AgentRecord& record) {
  const char* const text = record.id_size <= kWordsSize
                               ? reinterpret_cast<const char*>(&record.id)
                               : reinterpret_cast<const char*>(record.id.far);
  return {text, record.id_size};
}

void AgentTable::Add(absl::string_view id, const AgentPolicy* policy, uint32_t offset) {
  const NameKey name(id);
  AgentRecord record{name.head(), policy, offset, static_cast<uint32_t>(id.size())};
  if (id.size() > kWordsSize) record.id = {name.hash(), reinterpret_cast<uint64_t>(id.data())};
  added_.push_back(record);
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
      if (record.id.near == id.hash() && Id(record) == id.text()) return &record;
    }
  }
}

std::vector<absl::string_view> AgentTable::SortedIds() const {
  std::vector<absl::string_view> ids;
  ids.reserve(size_);
  for (const Bucket& bucket : buckets_) {
    for (const AgentRecord& record : bucket.records) {
      if (record.policy != nullptr) ids.push_back(Id(record));
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace ostiary::pdp
