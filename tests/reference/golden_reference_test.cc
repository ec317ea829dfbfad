// The golden decisions against the reference evaluator, and what the cases as a whole must cover.
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/contract_words.h"
#include "tests/reference/position_finder.h"
#include "tests/reference/reference_policy.h"
#include "tests/support/golden_cases.h"

namespace ostiary::reference {
namespace {

class GoldenReferenceTest : public testing::TestWithParam<GoldenDecisionFile> {};

TEST_P(GoldenReferenceTest, DecidesAsWanted) {
  const GoldenDecisionFile& file = GetParam();
  const auto policy = ReferencePolicy::Parse(file.files.rules);
  ASSERT_TRUE(policy.ok()) << policy.status();
  for (const GoldenDecision& want : file.decisions) {
    SCOPED_TRACE(absl::StrCat(file.path, ": ", Describe(want)));
    const ReferenceDecision got = policy->Decide(want.agent, want.server, want.kind, want.name);
    EXPECT_EQ(got.effect, want.effect);
    EXPECT_EQ(got.reason, want.reason);
    EXPECT_EQ(got.pointer, want.pointer);
    EXPECT_EQ(got.pattern, want.pattern);
    if (!want.line.has_value()) continue;
    const auto position = FindPosition(file.files.rules, got.pointer);
    ASSERT_TRUE(position.has_value()) << "no value at " << got.pointer;
    EXPECT_EQ(position->line, want.line);
    EXPECT_EQ(position->column, want.column);
  }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenReferenceTest, testing::ValuesIn(AllGoldenDecisions()),
                         [](const auto& info) { return GoldenTestName(info.param.path); });

TEST(GoldenCasesTest, CoverEveryReasonOfEveryKind) {
  std::map<std::string, std::set<std::string>> seen;
  size_t decisions = 0;
  for (const GoldenDecisionFile& file : AllGoldenDecisions()) {
    for (const GoldenDecision& decision : file.decisions) {
      seen[decision.kind].insert(decision.reason);
      ++decisions;
    }
  }
  EXPECT_EQ(seen, ReasonsByKind());
  EXPECT_GE(decisions, 150u);
  EXPECT_GE(AllGoldenDecisions().size(), 15u);
}

TEST(GoldenCasesTest, GiveAPlaceForEveryDecisionOfAFileThatChecksPlaces) {
  for (const GoldenDecisionFile& file : AllGoldenDecisions()) {
    for (const GoldenDecision& decision : file.decisions) {
      EXPECT_EQ(decision.line.has_value(), decision.column.has_value()) << file.path;
      if (decision.pointer.empty()) {
        EXPECT_FALSE(decision.line.has_value()) << file.path << ": a place of no rule";
      }
    }
  }
}

TEST(ReferencePolicyTest, RefusesWhatItCannotRead) {
  for (const char* text : {"", "[]", R"({"agents": []})", R"({"agents": {"a": {"alow": {}}}})",
                           R"({"agents": {"a": {"deny": {"servers": "s"}}}})",
                           R"({"agents": {"a": {"deny": {"tools": {"s": [1]}}}}})",
                           R"({"agents": {"a": {"deny": {"servers": ["[z-a]"]}}}})"}) {
    EXPECT_FALSE(ReferencePolicy::Parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace ostiary::reference
