#include "pdp/policy/agent_table.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <new>
#include <random>
#include <utility>

namespace ostiary::pdp {
namespace {

// With fewer than twice as many slots as agents there would soon be no way to place them all.
size_t CountSlots(size_t agents) { return agents * 9 / 4 + 64; }

TextWords RandomWords() {
  std::random_device random;
  const auto word = [&random] { return uint64_t{random()} << 32 | random(); };
  return {word(), word()};
}

bool Shares(const AgentTable::NewAgent& agent) { return agent.record == nullptr; }

}  // namespace

// What is known of the agents while they are placed.
class AgentTable::Filling {
 public:
  Filling(const std::vector<NewAgent>& agents, const AgentTable& table)
      : agents_(agents), table_(table), at_(table.slot_count_, kNone) {
    hashes_.reserve(agents.size());
    for (const NewAgent& agent : agents) hashes_.push_back(table.HashOf(NameKey(agent.id_text())));
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
             agents_[other].id_text() == agents_[agent].id_text();
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
  slot_count_ = CountSlots(agents.size());
  while (true) {
    // By other seeds others meet: hardly ever is more than one needed.
    seed_ = RandomWords();
    Filling filling(agents, *this);
    const Filling::Outcome outcome = filling.PlaceAll();
    if (outcome == Filling::Outcome::kNoRoom) continue;
    if (outcome == Filling::Outcome::kSameId) {
      slot_count_ = 0;
      return false;
    }
    const auto sharing = std::count_if(agents.begin(), agents.end(), Shares);
    if (static_cast<size_t>(sharing) > agents.size() / 2) {
      FillRecords(filling, arena);
    } else {
      FillSlots(filling, arena);
    }
    size_ = agents.size();
    return true;
  }
}

void AgentTable::FillRecords(const Filling& filling, Arena* arena) {
  // A record is half of a line of the cache.
  char* const memory = arena->NewBytes(slot_count_ * sizeof(AgentRecord), sizeof(AgentRecord));
  for (size_t home = 0; home < slot_count_; ++home) {
    new (memory + home * sizeof(AgentRecord)) AgentRecord();
  }
  records_ = absl::MakeSpan(reinterpret_cast<AgentRecord*>(memory), slot_count_);
  filling.ForEach([this](size_t home, const NewAgent& agent, uint64_t /*hash*/) {
    agent.WriteTo(&records_[home]);
  });
}

void AgentTable::FillSlots(const Filling& filling, Arena* arena) {
  nobody_ = arena->NewObject<AgentRecord>();
  slots_ = arena->NewArray<Slot>(slot_count_);
  filling.ForEach([this, arena](size_t home, const NewAgent& agent, uint64_t hash) {
    const AgentRecord* record = agent.record;
    if (Shares(agent)) {
      auto* const alone = arena->NewObject<AgentRecord>();
      agent.WriteTo(alone);
      record = alone;
    }
    slots_[home] = {TagOf(hash), PlaceOf(record)};
  });
}

AgentTable::Place AgentTable::PlaceOf(const AgentRecord* record) const {
  const intptr_t bytes = reinterpret_cast<intptr_t>(record) - reinterpret_cast<intptr_t>(nobody_);
  const auto place = static_cast<Place>(bytes / kUnit);
  // No arena is as large; a wrong place would be another agent's.
  if (place * kUnit != bytes) std::abort();
  return place;
}

const AgentRecord* AgentTable::Find(absl::string_view id) const {
  if (slot_count_ == 0) return nullptr;
  const NameKey key(id);
  const uint64_t hash = HashOf(key);
  for (const size_t home : {FirstHome(hash), SecondHome(hash)}) {
    const AgentRecord& record = RecordIn(home);
    if (record.id.Is(key, record.id_size)) return &record;
  }
  return nullptr;
}

}  // namespace ostiary::pdp
