// The table of agents: what it finds, and that nobody can foresee where an agent stands.
// Of every three agents the first has its own policy, the others share some.
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
  // So many policies are shared.
  explicit Table(const std::vector<std::string>& ids, size_t shared_policies = 7) {
    for (size_t i = 0; i < shared_policies; ++i) shared_.push_back(arena_.NewObject<AgentPolicy>());
    filled_ = table_.Fill(Agents(ids), &arena_);
  }
  bool filled() const { return filled_; }
  const AgentTable* operator->() const { return &table_; }
  std::vector<std::string> InOrderOfMemory() const {
    std::vector<std::string> ids;
    table_.ForEach([&](absl::string_view id, const AgentRecord&) { ids.emplace_back(id); });
    return ids;
  }

 private:
  std::vector<AgentTable::NewAgent> Agents(const std::vector<std::string>& ids) {
    std::vector<AgentTable::NewAgent> agents;
    for (size_t i = 0; i < ids.size(); ++i) {
      auto* const record = arena_.NewObject<AgentRecord>();
      const bool has_own_policy = i % 3 == 0;
      const AgentPolicy* const policy =
          has_own_policy ? arena_.NewObject<AgentPolicy>() : shared_[i % shared_.size()];
      record->policy.Set(policy);
      record->id = KeptName(NameKey(ids[i].size() <= kWordsSize ? ids[i] : arena_.Copy(ids[i])));
      record->id_size = static_cast<uint32_t>(ids[i].size());
      record->offset = static_cast<uint32_t>(i);
      agents.push_back({ids[i], record, has_own_policy ? nullptr : policy});
    }
    return agents;
  }

  Arena arena_;
  std::vector<const AgentPolicy*> shared_;
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
    EXPECT_EQ(table->Find(absl::StrCat(ids[i], "x")), nullptr);
    if (ids[i].size() > kWordsSize) continue;
    const AgentPolicy* const policy = table->FindPolicyQuickly(NameKey(ids[i]));
    if (policy == nullptr) {
      ++missed;
    } else {
      EXPECT_EQ(policy, record->policy.get()) << ids[i];
    }
    EXPECT_EQ(table->FindPolicyQuickly(NameKey(absl::StrCat(ids[i], "x"))), nullptr);
  }
  EXPECT_LE(missed, 2 + ids.size() / 10'000);
}

TEST(AgentTableTest, FindsWhatWasAdded) {
  for (const size_t count : {1, 2, 10, 999, 1'001, 5'000}) {
    const std::vector<std::string> ids = Ids(count);
    ExpectAllFound(ids, Table(ids));
  }
}

// There are more than a slot has numbers for.
TEST(AgentTableTest, FindsAnyNumberOfSharedPolicies) {
  const std::vector<std::string> ids = Ids(200'000);
  ExpectAllFound(ids, Table(ids, 70'000));
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
