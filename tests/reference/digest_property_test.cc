// The digest, compared with what policies decide, on random policies: it is blind to layout, order,
// repetition and comments, and sees every change that changes a decision.
#include <algorithm>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/reference/engine.h"
#include "tests/reference/random_policy.h"

namespace ostiary::reference {
namespace {

using Json = RandomPolicy::Json;

constexpr int kPolicies = 1'000;
constexpr int kRequestsPerPolicy = 100;

// Members and entries in another order, one entry of each list twice, and a comment.
Json Rearranged(const Json& value, std::mt19937_64* random) {
  if (value.is_array()) {
    std::vector<Json> entries(value.begin(), value.end());
    if (!entries.empty()) entries.push_back(entries.front());
    std::shuffle(entries.begin(), entries.end(), *random);
    return entries;
  }
  if (!value.is_object()) return value;
  std::vector<std::pair<std::string, Json>> members;
  for (const auto& [key, child] : value.items()) {
    members.emplace_back(key, Rearranged(child, random));
  }
  std::shuffle(members.begin(), members.end(), *random);
  Json object = {{"_rearranged", "for the test"}};
  for (auto& [key, child] : members) object[key] = std::move(child);
  return object;
}

// Takes one member or entry away, somewhere.
void TakeOneAway(Json* value, std::mt19937_64* random) {
  if (!value->is_structured() || value->empty()) return;
  const auto at = static_cast<std::ptrdiff_t>((*random)() % value->size());
  auto chosen = std::next(value->begin(), at);
  if (chosen->is_structured() && !chosen->empty() && (*random)() % 8 != 0) {
    return TakeOneAway(&*chosen, random);
  }
  value->erase(chosen);
}

TEST(DigestPropertyTest, IsBlindToOrderRepetitionLayoutAndComments) {
  const uint64_t seed = TestSeed();
  RandomPolicy policies(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < kPolicies; ++round) {
    const Json& rules = policies.NextRules();
    const auto before = LoadRules(policies.NextText()).snapshot;
    if (before == nullptr) continue;
    const std::string text = Rearranged(rules, &random).dump(2);
    const auto after = LoadRules(text).snapshot;
    ASSERT_NE(after, nullptr) << text;
    ASSERT_EQ(before->digest(), after->digest()) << rules.dump() << "\n" << text;
    const pdp::PolicyDiff diff = pdp::PolicySnapshot::Diff(before.get(), *after);
    ASSERT_TRUE(diff.added_agents.empty() && diff.removed_agents.empty() &&
                diff.modified_agents.empty() && !diff.defaults_changed)
        << rules.dump() << "\n"
        << text;
  }
}

TEST(DigestPropertyTest, ChangesWhereADecisionDoes) {
  const uint64_t seed = TestSeed();
  RandomPolicy policies(seed);
  std::mt19937_64 random(seed);
  int changed = 0;
  for (int round = 0; round < kPolicies; ++round) {
    Json rules = policies.NextRules();
    const auto before = LoadRules(rules.dump()).snapshot;
    TakeOneAway(&rules, &random);
    const auto after = LoadRules(rules.dump()).snapshot;
    if (before == nullptr || after == nullptr) continue;
    for (int left = kRequestsPerPolicy; left > 0; --left) {
      const Request request = policies.NextRequest();
      const ReferenceDecision one = AskEngine(*before, request).decision;
      const ReferenceDecision other = AskEngine(*after, request).decision;
      if (one.effect == other.effect) continue;
      ++changed;
      ASSERT_NE(before->digest(), after->digest())
          << request.agent << " " << request.kind << " \"" << request.server << "\" \""
          << request.name << "\" in " << rules.dump();
      const pdp::PolicyDiff diff = pdp::PolicySnapshot::Diff(before.get(), *after);
      ASSERT_FALSE(diff.added_agents.empty() && diff.removed_agents.empty() &&
                   diff.modified_agents.empty() && !diff.defaults_changed)
          << rules.dump();
      break;
    }
  }
  EXPECT_GT(changed, kPolicies / 20);
}

}  // namespace
}  // namespace ostiary::reference
