// The golden cases against the engine: decisions with the places of their rules, and loads with
// their issues.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pdp/policy/load.h"
#include "tests/reference/engine.h"
#include "tests/support/golden_cases.h"

namespace ostiary::reference {
namespace {

constexpr char kMcpConfigFileName[] = "mcp.json";

pdp::LoadedPolicy Load(const GoldenFiles& files, const pdp::PolicyLimits& limits = {}) {
  pdp::PolicySource source;
  source.rules = {kRulesFileName, files.rules};
  if (files.mcp_config.has_value()) source.mcp_config = {kMcpConfigFileName, *files.mcp_config};
  return pdp::LoadPolicy(source, limits);
}

class GoldenDecisionsTest : public testing::TestWithParam<GoldenDecisionFile> {};

TEST_P(GoldenDecisionsTest, EngineDecidesAsWanted) {
  const GoldenDecisionFile& file = GetParam();
  const pdp::LoadedPolicy loaded = Load(file.files);
  ASSERT_NE(loaded.snapshot, nullptr) << pdp::FormatIssue(loaded.issues.at(0));
  for (const GoldenDecision& want : file.decisions) {
    SCOPED_TRACE(absl::StrCat(file.path, ": ", Describe(want)));
    const Outcome got =
        AskEngine(*loaded.snapshot, {want.agent, want.server, want.kind, want.name});
    EXPECT_EQ(got.decision.effect, want.effect);
    EXPECT_EQ(got.decision.reason, want.reason);
    EXPECT_EQ(got.decision.pointer, want.pointer);
    EXPECT_EQ(got.decision.pattern, want.pattern);
    const auto position = FindPosition(file.files.rules, want.pointer).value_or(Position());
    EXPECT_EQ(got.position.line, want.pointer.empty() ? 0 : want.line.value_or(position.line));
    EXPECT_EQ(got.position.column,
              want.pointer.empty() ? 0 : want.column.value_or(position.column));
  }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenDecisionsTest, testing::ValuesIn(AllGoldenDecisions()),
                         [](const auto& info) { return GoldenTestName(info.param.path); });

bool Fits(const GoldenIssue& want, const pdp::Issue& got) {
  const std::string message = absl::AsciiStrToLower(got.message);
  const bool mentions_all =
      std::all_of(want.mentions.begin(), want.mentions.end(), [&message](const std::string& word) {
        return absl::StrContains(message, absl::AsciiStrToLower(word));
      });
  const bool is_warning = got.severity == pdp::Severity::kWarning;
  return mentions_all && is_warning == (want.severity == "warning") &&
         got.file == (want.in_mcp_config ? kMcpConfigFileName : kRulesFileName) &&
         got.pointer == want.pointer && want.line.value_or(got.line) == got.line &&
         want.column.value_or(got.column) == got.column;
}

std::string Describe(const GoldenIssue& want) {
  return absl::StrCat(want.in_mcp_config ? kMcpConfigFileName : kRulesFileName, ":",
                      want.line.value_or(0), ":", want.column.value_or(0), ": ", want.severity,
                      " (", want.pointer, ")");
}

pdp::PolicyLimits LimitsOf(const GoldenLimits& given) {
  pdp::PolicyLimits limits;
  limits.max_file_bytes = given.max_file_bytes.value_or(limits.max_file_bytes);
  limits.max_depth = given.max_depth.value_or(limits.max_depth);
  limits.max_pattern_bytes = given.max_pattern_bytes.value_or(limits.max_pattern_bytes);
  limits.max_issues = given.max_issues.value_or(limits.max_issues);
  return limits;
}

class GoldenLoadingTest : public testing::TestWithParam<GoldenLoadingFile> {};

TEST_P(GoldenLoadingTest, LoadReportsAsWanted) {
  for (const GoldenLoadingCase& want : GetParam().cases) {
    SCOPED_TRACE(absl::StrCat(GetParam().path, ": ", want.title));
    const pdp::LoadedPolicy loaded = Load(want.files, LimitsOf(want.limits));
    EXPECT_EQ(loaded.snapshot != nullptr, want.loads());
    std::vector<pdp::Issue> left = loaded.issues;
    for (const GoldenIssue& issue : want.issues) {
      const auto found = std::find_if(left.begin(), left.end(),
                                      [&issue](const pdp::Issue& got) { return Fits(issue, got); });
      EXPECT_NE(found, left.end()) << "missing: " << Describe(issue);
      if (found != left.end()) left.erase(found);
    }
    for (const pdp::Issue& issue : left) {
      ADD_FAILURE() << "not wanted: " << pdp::FormatIssue(issue);
    }
  }
}

TEST_P(GoldenLoadingTest, IssuesStandInTheOrderOfTheFilesAndPlaces) {
  for (const GoldenLoadingCase& want : GetParam().cases) {
    SCOPED_TRACE(absl::StrCat(GetParam().path, ": ", want.title));
    const pdp::LoadedPolicy loaded = Load(want.files, LimitsOf(want.limits));
    EXPECT_TRUE(std::is_sorted(loaded.issues.begin(), loaded.issues.end(),
                               [](const pdp::Issue& one, const pdp::Issue& other) {
                                 if (one.file != other.file) return one.file == kRulesFileName;
                                 if (one.line != other.line) return one.line < other.line;
                                 return one.column < other.column;
                               }));
  }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenLoadingTest, testing::ValuesIn(AllGoldenLoading()),
                         [](const auto& info) { return GoldenTestName(info.param.path); });

}  // namespace
}  // namespace ostiary::reference
