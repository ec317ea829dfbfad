#include "pdp/policy/agent_table.h"

#include <cstdlib>
#include <limits>
#include <random>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace ostiary::pdp {
namespace {

// With fewer than twice as many slots as agents there would soon be no way to place them all.
size_t CountSlots(size_t agents) { return agents * 9 / 4 + 64; }

TextWords RandomWords() {
  std::random_device random;
  const auto word = [&random] { return uint64_t{random()} << 32 | random(); };
  return {word(), word()};
}

}  // namespace

// The numbers of the policies that agents share.
class AgentTable::Numbering {
 public:
  SharedNumber NumberOf(const AgentPolicy* shared) {
    if (shared == nullptr) return kInRecord;
    const auto known = numbers_.find(shared);
    if (known != numbers_.end()) return known->second;
    // The rest are found by their agents' records.
    if (policies_.size() == std::numeric_limits<SharedNumber>::max()) return kInRecord;
    policies_.push_back(shared);
    const auto number = static_cast<SharedNumber>(policies_.size());
    numbers_.emplace(shared, number);
    return number;
  }

  // By their numbers.
  absl::Span<Near<AgentPolicy>> Keep(Arena* arena) const {
    const auto kept = arena->NewArray<Near<AgentPolicy>>(policies_.size() + 1);
    for (size_t i = 0; i < policies_.size(); ++i) kept[i + 1].Set(policies_[i]);
    return kept;
  }

 private:
  std::vector<const AgentPolicy*> policies_;
  absl::flat_hash_map<const AgentPolicy*, SharedNumber> numbers_;
};

// What is known of the agents while they are placed.
class AgentTable::Filling {
 public:
  Filling(const std::vector<NewAgent>& agents, const AgentTable& table)
      : agents_(agents), table_(table), at_(table.slots_.size(), kNone) {
    hashes_.reserve(agents.size());
    for (const NewAgent& agent : agents) hashes_.push_back(table.HashOf(NameKey(agent.id)));
  }

  enum class Outcome : uint8_t { kPlaced, kNoRoom, kSameId };
  Outcome PlaceAll() {
    for (uint32_t agent = 0; agent < agents_.size(); ++agent) {
      if (IsKnown(agent)) return Outcome::kSameId;
      if (!PlaceOne(agent)) return Outcome::kNoRoom;
    }
    return Outcome::kPlaced;
  }

  template <typename Visit>
  void ForEach(Visit visit) const {
    for (size_t at = 0; at < at_.size(); ++at) {
      if (at_[at] != kNone) visit(at, agents_[at_[at]], hashes_[at_[at]]);
    }
  }

 private:
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
  // So many make room for one agent at most. Nearly all need none.
  static constexpr int kMostMoves = 200;

  bool IsKnown(uint32_t agent) const {
    const auto is_at = [this, agent](size_t home) {
      const uint32_t other = at_[home];
      return other != kNone && hashes_[other] == hashes_[agent] &&
             agents_[other].id == agents_[agent].id;
    };
    return is_at(table_.FirstHome(hashes_[agent])) || is_at(table_.SecondHome(hashes_[agent]));
  }

  // Who stands in the way moves to its other slot.
  bool PlaceOne(uint32_t agent) {
    size_t at = table_.FirstHome(hashes_[agent]);
    if (at_[at] != kNone) at = table_.SecondHome(hashes_[agent]);
    for (int move = 0; move < kMostMoves; ++move) {
      std::swap(agent, at_[at]);
      if (agent == kNone) return true;
      const size_t first = table_.FirstHome(hashes_[agent]);
      at = at == first ? table_.SecondHome(hashes_[agent]) : first;
    }
    return false;
  }

  const std::vector<NewAgent>& agents_;
  const AgentTable& table_;
  std::vector<uint32_t> at_;  // the agent in each slot
  std::vector<uint64_t> hashes_;
};

bool AgentTable::Fill(const std::vector<NewAgent>& agents, Arena* arena) {
  nobody_ = arena->NewObject<AgentRecord>();
  slots_ = arena->NewArray<Slot>(CountSlots(agents.size()));
  while (true) {
    // By other seeds others meet: hardly ever is more than one needed.
    seed_ = RandomWords();
    Filling filling(agents, *this);
    const Filling::Outcome outcome = filling.PlaceAll();
    if (outcome == Filling::Outcome::kSameId) return false;
    if (outcome == Filling::Outcome::kNoRoom) continue;
    Numbering numbering;
    filling.ForEach([&](size_t at, const NewAgent& agent, uint64_t hash) {
      slots_[at] = {TagOf(hash), numbering.NumberOf(agent.shared), PlaceOf(agent.record)};
    });
    shared_ = numbering.Keep(arena);
    size_ = agents.size();
    return true;
  }
}

AgentTable::Place AgentTable::PlaceOf(const AgentRecord* record) const {
  const intptr_t bytes = reinterpret_cast<intptr_t>(record) - reinterpret_cast<intptr_t>(nobody_);
  const auto place = static_cast<Place>(bytes / kUnit);
  // No arena is as large; a wrong place would be another agent's.
  if (place * kUnit != bytes) std::abort();
  return place;
}

const AgentRecord* AgentTable::Find(absl::string_view id) const {
  const NameKey key(id);
  const uint64_t hash = HashOf(key);
  for (const size_t home : {FirstHome(hash), SecondHome(hash)}) {
    const AgentRecord& record = RecordAt(slots_[home].place);
    if (record.id.Is(key, record.id_size)) return &record;
  }
  return nullptr;
}

}  // namespace ostiary::pdp
