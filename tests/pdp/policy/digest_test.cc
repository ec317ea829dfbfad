// Digests and differences: equal for policies that read alike, different for all others.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/pdp/policy/policy_testing.h"

namespace ostiary::pdp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// All of one meaning.
const absl::string_view kAlike[] = {
    R"({"agents": {"a": {"allow": {"servers": ["s", "t"], "tools": {"s": ["x", "y*"]}}}, "b": {}}})",
    R"({"agents": {"b": {}, "a": {"allow": {"tools": {"s": ["y*", "x"]}, "servers": ["t", "s"]}}}})",
    R"({"agents": {"a": {"allow": {"servers": ["s", "t", "s"],
        "tools": {"s": ["x", "y*", "x"], "t": []}, "prompts": {}}, "deny": {}}, "b": {"allow": {}}},
        "defaults": {"deny_on_missing_agent": true}})",
    R"({"_": 1, "agents": {"_": "", "a": {"description": "d", "allow": {"servers": ["s", "\u0074"],
        "tools": {"s": ["x", "y*"]}}, "deny": {"servers": [], "tools": {"s": []}}},
        "b": {"_": 1}}, "defaults": {}})",
};

// Each of another meaning, and of another than those.
const absl::string_view kDifferent[] = {
    R"({})",
    R"({"defaults": {"deny_on_missing_agent": false}})",
    R"({"agents": {"a": {}}})",
    R"({"agents": {"b": {}}})",
    R"({"agents": {"a": {"allow": {"servers": ["s"]}}}})",
    R"({"agents": {"a": {"deny": {"servers": ["s"]}}}})",
    R"({"agents": {"a": {"allow": {"servers": ["s", "t"]}}}})",
    R"({"agents": {"a": {"allow": {"servers": ["st"]}}}})",
    R"({"agents": {"a": {"allow": {"tools": {"s": ["x"]}}}}})",
    R"({"agents": {"a": {"allow": {"tools": {"*": ["x"]}}}}})",
    R"({"agents": {"a": {"allow": {"resources": {"s": ["x"]}}}}})",
    R"({"agents": {"a": {"allow": {"prompts": {"s": ["x"]}}}}})",
    R"({"agents": {"a": {"deny": {"prompts": {"": ["s"]}}}}})",
    R"({"agents": {"a": {"deny": {"tools": {"s": ["x"]}}}}})",
    R"({"agents": {"a": {"deny": {"tools": {"s": ["x", "y"]}}}}})",
    R"({"agents": {"a": {"deny": {"tools": {"s": ["x"], "t": ["y"]}}}}})",
    R"({"agents": {"a": {"deny": {"tools": {"s": ["xy"]}}}}})",
};

TEST(DigestTest, IsEqualForPoliciesThatReadAlike) {
  const std::string digest = MustLoad(kAlike[0])->digest();
  EXPECT_THAT(digest, ::testing::MatchesRegex("sha256:[0-9a-f]+"));
  EXPECT_EQ(digest.size(), 7u + 64u);
  for (const absl::string_view rules : kAlike)
    EXPECT_EQ(MustLoad(rules)->digest(), digest) << rules;
}

// Ids that differ early, late, behind many bytes that are alike, and by being longer.
TEST(DigestTest, IsEqualForManyAgentsInAnyOrder) {
  std::vector<std::string> agents;
  for (int i = 0; i < 3000; ++i) {
    for (const std::string& id :
         {absl::StrCat("a-", i), absl::StrCat("a-", i % 10, "-as-long-as-many-ids-", i)}) {
      agents.push_back(absl::StrCat("\"", id, "\":{\"allow\":{\"servers\":[\"", i, "\"]}}"));
    }
  }
  const auto digest = [&] {
    return MustLoad(absl::StrCat("{\"agents\":{", absl::StrJoin(agents, ","), "}}"))->digest();
  };
  const std::string forwards = digest();
  std::reverse(agents.begin(), agents.end());
  EXPECT_EQ(digest(), forwards);
}

// As another program computes them: replicas compare digests, whatever they were built from.
TEST(DigestTest, IsTheSameInEveryBuild) {
  const auto digest_of = [](const std::vector<std::string>& agents) {
    std::vector<std::string> members;
    for (const std::string& agent : agents) {
      members.push_back(absl::StrCat("\"", agent, R"(": {"allow": {"servers": ["s"]}})"));
    }
    return MustLoad(absl::StrCat(R"({"agents": {)", absl::StrJoin(members, ","), "}}"))->digest();
  };
  EXPECT_EQ(digest_of({"a"}),
            "sha256:31c71c3b2d228e3d8b0fa53c81199027910489e0ebd782fb0ee71b4a2c1c74a9");
  std::vector<std::string> many;
  for (int i = 0; i < 5000; ++i) many.push_back(absl::StrCat("agent-", i));
  EXPECT_EQ(digest_of(many),
            "sha256:9acc9461047dc83fa7b83f4b25eae4ee4262c784794e69df5b94799fdc019701");
}

TEST(DigestTest, DiffersForAllOthers) {
  std::set<std::string> digests = {MustLoad(kAlike[0])->digest()};
  for (const absl::string_view rules : kDifferent) {
    EXPECT_TRUE(digests.insert(MustLoad(rules)->digest()).second) << rules;
  }
}

// The catalog decides nothing.
TEST(DigestTest, LeavesOutTheCatalog) {
  EXPECT_EQ(MustLoad("{}")->digest(),
            MustLoad("{}", R"({"mcpServers": {"s": {"command": "c"}}})")->digest());
}

TEST(DiffTest, NamesWhatChanged) {
  const auto before = MustLoad(R"({"agents": {"kept": {"allow": {"servers": ["s", "t"]}},
      "gone": {}, "also-gone": {}, "edited": {"deny": {"tools": {"s": ["x"]}}}}})");
  const auto after = MustLoad(R"({"agents": {"new": {}, "edited": {"deny": {"tools": {"s": ["y"]}}},
      "kept": {"allow": {"servers": ["t", "s"]}, "description": "reordered"}},
      "defaults": {"deny_on_missing_agent": false}})");
  const PolicyDiff diff = PolicySnapshot::Diff(before.get(), *after);
  EXPECT_THAT(diff.added_agents, ElementsAre("new"));
  EXPECT_THAT(diff.removed_agents, ElementsAre("also-gone", "gone"));
  EXPECT_THAT(diff.modified_agents, ElementsAre("edited"));
  EXPECT_TRUE(diff.defaults_changed);

  const PolicyDiff none = PolicySnapshot::Diff(before.get(), *before);
  EXPECT_THAT(none.added_agents, IsEmpty());
  EXPECT_THAT(none.removed_agents, IsEmpty());
  EXPECT_THAT(none.modified_agents, IsEmpty());
  EXPECT_FALSE(none.defaults_changed);
}

TEST(DiffTest, NamesAgentsInOrder) {
  const auto with = [](const std::vector<std::string>& ids, const char* agent) {
    std::vector<std::string> members;
    for (const std::string& id : ids) members.push_back(absl::StrCat("\"", id, "\": ", agent));
    return absl::StrJoin(members, ", ");
  };
  const std::vector<std::string> first = {"f", "b", "d", "a", "e", "c"};
  const std::vector<std::string> second = {"l", "h", "j", "g", "k", "i"};
  const std::vector<std::string> third = {"r", "n", "p", "m", "q", "o"};
  const auto before =
      MustLoad(absl::StrCat("{\"agents\": {", with(first, "{}"), ", ", with(second, "{}"), "}}"));
  const auto after =
      MustLoad(absl::StrCat("{\"agents\": {", with(second, R"({"allow": {"servers": ["s"]}})"),
                            ", ", with(third, "{}"), "}}"));
  const PolicyDiff diff = PolicySnapshot::Diff(before.get(), *after);
  EXPECT_THAT(diff.removed_agents, ElementsAre("a", "b", "c", "d", "e", "f"));
  EXPECT_THAT(diff.modified_agents, ElementsAre("g", "h", "i", "j", "k", "l"));
  EXPECT_THAT(diff.added_agents, ElementsAre("m", "n", "o", "p", "q", "r"));
}

TEST(DiffTest, NamesEveryAgentWhereThereWasNoPolicy) {
  const auto after = MustLoad(R"({"agents": {"b": {}, "a": {}}})");
  const PolicyDiff diff = PolicySnapshot::Diff(nullptr, *after);
  EXPECT_THAT(diff.added_agents, ElementsAre("a", "b"));
  EXPECT_FALSE(diff.defaults_changed);
  const auto open = MustLoad(R"({"defaults": {"deny_on_missing_agent": false}})");
  EXPECT_TRUE(PolicySnapshot::Diff(nullptr, *open).defaults_changed);
}

TEST(SnapshotTest, ListsItsAgents) {
  const auto snapshot = MustLoad(R"({"agents": {"b": {}, "a": {}, "_": "c", "C": {}}})");
  EXPECT_THAT(snapshot->AgentIds(), ElementsAre("C", "a", "b"));
  EXPECT_EQ(snapshot->agent_count(), 3u);
  EXPECT_TRUE(snapshot->deny_on_missing_agent());
  EXPECT_FALSE(snapshot->has_catalog());
  EXPECT_THAT(snapshot->catalog(), IsEmpty());
}

}  // namespace
}  // namespace ostiary::pdp
