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
  explicit Table(const std::vector<std::string>& ids) {
    const auto* const policy = reinterpret_cast<const AgentPolicy*>(this);  // any but nullptr
    table_.Start(ids.size(), &arena_);
    for (size_t i = 0; i < ids.size(); ++i) {
      EXPECT_TRUE(table_.Add(ids[i], policy, static_cast<uint32_t>(i)));
      EXPECT_FALSE(table_.Add(ids[i], policy, 0));
    }
  }
  const AgentTable* operator->() const { return &table_; }
  std::vector<std::string> InOrderOfMemory() const {
    std::vector<std::string> ids;
    table_.ForEach([&](absl::string_view id, const AgentRecord&) { ids.emplace_back(id); });
    return ids;
  }

 private:
  Arena arena_;
  AgentTable table_;
};

TEST(AgentTableTest, FindsWhatWasAdded) {
  for (const size_t count : {1, 2, 10, 999, 1'001, 5'000}) {
    const std::vector<std::string> ids = Ids(count);
    const Table table(ids);
    EXPECT_EQ(table->size(), count);
    for (size_t i = 0; i < count; ++i) {
      const AgentRecord* const record = table->Find(ids[i]);
      ASSERT_NE(record, nullptr) << ids[i];
      EXPECT_EQ(record->offset, i);
      EXPECT_EQ(table->Find(absl::StrCat(ids[i], "x")), nullptr);
    }
    EXPECT_EQ(table.InOrderOfMemory().size(), count);
  }
}

TEST(AgentTableTest, FindsNothingWithoutAgents) {
  const Table table({});
  EXPECT_EQ(table->Find(""), nullptr);
  EXPECT_EQ(table->Find("an-agent-with-a-long-id"), nullptr);
}

// Whoever could foresee the places could write rules whose agents all crowd into one bucket.
TEST(AgentTableTest, PlacesAgentsAsNobodyForesees) {
  const std::vector<std::string> ids = Ids(100);
  EXPECT_NE(Table(ids).InOrderOfMemory(), Table(ids).InOrderOfMemory());
}

}  // namespace
}  // namespace ostiary::pdp
