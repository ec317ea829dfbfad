// The table of agents: what it finds, and that nobody can foresee where an agent stands.
#include "pdp/policy/agent_table.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "pdp/policy/arena.h"

namespace ostiary::pdp {
namespace {

// Ids that the table keeps itself, and longer ones.
std::vector<std::string> Ids(size_t count) {
  std::vector<std::string> ids = {""};
  for (size_t i = 1; i < count; ++i) {
    ids.push_back(absl::StrCat(i % 2 == 0 ? "agent-" : "an-agent-with-a-long-id-", i));
  }
  return ids;
}

class Table {
 public:
  // The first agent shares its policy, and then one of so many.
  explicit Table(const std::vector<std::string>& ids, size_t share_one_of = kHardlyAnyShares)
      : share_one_of_(share_one_of), shared_(arena_.NewObject<AgentPolicy>()) {
    for (const std::string& id : ids) Add(id);
    filled_ = table_.Fill(agents_, &arena_);
  }
  static constexpr size_t kHardlyAnyShares = 1'000'000;

  bool filled() const { return filled_; }
  const AgentTable* operator->() const { return &table_; }
  const AgentPolicy* PolicyOf(size_t agent) const { return agents_[agent].policy; }
  std::vector<std::string> InOrderOfMemory() const {
    std::vector<std::string> ids;
    table_.ForEach([&](absl::string_view id, const AgentRecord&) { ids.emplace_back(id); });
    return ids;
  }

 private:
  struct OwnPolicy {
    AgentRecord record;
    char policy[sizeof(AgentPolicy)] = {};
  };

  void Add(const std::string& id) {
    AgentTable::NewAgent agent{KeptName(NameKey(id.size() <= kWordsSize ? id : arena_.Copy(id))),
                               static_cast<uint32_t>(id.size()),
                               static_cast<uint32_t>(agents_.size()), shared_, nullptr};
    if (agents_.size() % share_one_of_ != 0) {
      auto* const own = arena_.NewObject<OwnPolicy>();
      agent.policy = reinterpret_cast<const AgentPolicy*>(own->policy);
      agent.WriteTo(&own->record);
      agent.record = &own->record;
    }
    agents_.push_back(agent);
  }

  const size_t share_one_of_;
  Arena arena_;
  const AgentPolicy* const shared_;
  std::vector<AgentTable::NewAgent> agents_;
  AgentTable table_;
  bool filled_ = false;
};

// Every agent must be found, and its own policy with it, but for the few whose tag is another's.
void ExpectAllFound(const std::vector<std::string>& ids, const Table& table) {
  ASSERT_TRUE(table.filled());
  EXPECT_EQ(table->size(), ids.size());
  EXPECT_EQ(table.InOrderOfMemory().size(), ids.size());
  size_t missed = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    const AgentRecord* const record = table->Find(ids[i]);
    ASSERT_NE(record, nullptr) << ids[i];
    EXPECT_EQ(record->offset, i);
    EXPECT_EQ(record->policy.get(), table.PolicyOf(i));
    EXPECT_EQ(record->id_text(), ids[i]);
    EXPECT_EQ(table->Find(absl::StrCat(ids[i], "x")), nullptr);
    if (ids[i].size() > kWordsSize) continue;
    const AgentPolicy* const policy = table->FindPolicyQuickly(NameKey(ids[i]));
    if (policy == nullptr) {
      ++missed;
    } else {
      EXPECT_EQ(policy, table.PolicyOf(i)) << ids[i];
    }
    EXPECT_EQ(table->FindPolicyQuickly(NameKey(absl::StrCat(ids[i], "x"))), nullptr);
  }
  EXPECT_LE(missed, 2 + ids.size() / 10'000);
}

// Hardly any share a policy, some, half, and all.
TEST(AgentTableTest, FindsWhatWasAdded) {
  for (const size_t share_one_of : {Table::kHardlyAnyShares, size_t{3}, size_t{2}, size_t{1}}) {
    for (const size_t count : {1, 2, 3, 10, 999, 1'001, 50'000}) {
      const std::vector<std::string> ids = Ids(count);
      ExpectAllFound(ids, Table(ids, share_one_of));
    }
  }
}

TEST(AgentTableTest, RefusesOneIdTwice) {
  for (const size_t count : {2, 10, 1'000}) {
    std::vector<std::string> ids = Ids(count);
    ids.push_back(ids[count / 2]);
    const Table table(ids);
    EXPECT_FALSE(table.filled());
    EXPECT_EQ(table->size(), 0u);
    EXPECT_EQ(table->Find(ids[0]), nullptr);
  }
}

TEST(AgentTableTest, FindsNothingWithoutAgents) {
  const Table table({});
  EXPECT_EQ(table->FindPolicyQuickly(NameKey("")), nullptr);
  EXPECT_EQ(table->Find(""), nullptr);
  EXPECT_EQ(table->Find("an-agent-with-a-long-id"), nullptr);
}

// Whoever could foresee the places could write rules whose agents all want the same slots.
TEST(AgentTableTest, PlacesAgentsAsNobodyForesees) {
  const std::vector<std::string> ids = Ids(100);
  EXPECT_NE(Table(ids).InOrderOfMemory(), Table(ids).InOrderOfMemory());
}

}  // namespace
}  // namespace ostiary::pdp
