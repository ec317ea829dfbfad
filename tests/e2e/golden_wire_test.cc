// The golden decisions over the wire: Check, BatchCheck and Session of a real ostiary-pdp, a Reload
// from each file's rules to the next, and `ostiary-pdp check --batch`.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/e2e/pdp_under_test.h"
#include "tests/reference/position_finder.h"
#include "tests/support/golden_cases.h"
#include "tests/support/test_process.h"

namespace ostiary {
namespace {

using Json = nlohmann::ordered_json;

// An answer in the words of the cases, and the same of what is wanted.
struct Answer {
  std::string effect;
  std::string reason;
  std::string file;
  std::string pointer;
  std::string pattern;
  uint32_t line = 0;
  uint32_t column = 0;

  bool operator==(const Answer&) const = default;
};

void PrintTo(const Answer& answer, std::ostream* stream) {
  *stream << answer.effect << " " << answer.reason << " \"" << answer.pattern << "\" at "
          << answer.file << ":" << answer.line << ":" << answer.column << " (" << answer.pointer
          << ")";
}

Answer Wanted(const GoldenDecisionFile& file, const GoldenDecision& want,
              const std::string& rules_path) {
  Answer answer = {want.effect, want.reason, "", want.pointer, want.pattern};
  if (want.pointer.empty()) return answer;
  const auto position = reference::FindPosition(file.files.rules, want.pointer);
  answer.file = rules_path;
  answer.line = want.line.value_or(position->line);
  answer.column = want.column.value_or(position->column);
  return answer;
}

Answer FromWire(const v1::Decision& decision) {
  EXPECT_NE(decision.message(), "");
  EXPECT_EQ(decision.has_rule(), !decision.rule().pointer().empty());
  return {v1::Effect_Name(decision.effect()),
          v1::Reason_Name(decision.reason()),
          decision.rule().file(),
          decision.rule().pointer(),
          decision.rule().pattern(),
          decision.rule().line(),
          decision.rule().column()};
}

Answer FromBatchLine(const std::string& line) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.contains("error")) {
    ADD_FAILURE() << "not a decision: " << line;
    return {};
  }
  EXPECT_NE(json.value("message", ""), "") << line;
  const Json rule = json.contains("rule") && json["rule"].is_object() ? json["rule"] : Json({});
  return {json.value("effect", ""),  json.value("reason", ""),  rule.value("file", ""),
          rule.value("pointer", ""), rule.value("pattern", ""), rule.value("line", 0u),
          rule.value("column", 0u)};
}

// What one agent is asked, and what is wanted.
struct Questions {
  std::vector<v1::Access> accesses;
  std::vector<Answer> wanted;
};

std::map<std::string, Questions> ByAgent(const GoldenDecisionFile& file,
                                         const std::string& rules_path) {
  std::map<std::string, Questions> by_agent;
  for (const GoldenDecision& want : file.decisions) {
    v1::Access access;
    access.set_server(want.server);
    v1::Kind kind = v1::KIND_UNSPECIFIED;
    EXPECT_TRUE(v1::Kind_Parse(want.kind, &kind)) << want.kind;
    access.set_kind(kind);
    access.set_name(want.name);
    by_agent[want.agent].accesses.push_back(access);
    by_agent[want.agent].wanted.push_back(Wanted(file, want, rules_path));
  }
  return by_agent;
}

std::vector<Answer> FromWire(const std::vector<v1::Decision>& decisions) {
  std::vector<Answer> answers;
  answers.reserve(decisions.size());
  for (const v1::Decision& decision : decisions) answers.push_back(FromWire(decision));
  return answers;
}

class GoldenWireTest : public testing::TestWithParam<GoldenDecisionFile> {};

TEST_P(GoldenWireTest, EveryCallDecidesAsWanted) {
  const GoldenDecisionFile& file = GetParam();
  const PolicyFolder folder;
  folder.Write(file.files);
  PdpUnderTest pdp(folder);
  ASSERT_FALSE(HasFailure());
  for (const auto& [agent, questions] : ByAgent(file, folder.rules_path())) {
    SCOPED_TRACE(absl::StrCat(file.path, ": ", agent));
    EXPECT_THAT(FromWire(pdp.Check(agent, questions.accesses)),
                testing::ElementsAreArray(questions.wanted));
    EXPECT_THAT(FromWire(pdp.BatchCheck(agent, questions.accesses)),
                testing::ElementsAreArray(questions.wanted));
    EXPECT_THAT(FromWire(pdp.Session(agent, questions.accesses)),
                testing::ElementsAreArray(questions.wanted));
  }
}

TEST_P(GoldenWireTest, CheckBatchDecidesAsWanted) {
  const GoldenDecisionFile& file = GetParam();
  const PolicyFolder folder;
  folder.Write(file.files);
  TestProcess check({OSTIARY_PDP, "check", "--rules", folder.rules_path(), "--batch"});
  for (const GoldenDecision& want : file.decisions) {
    Json line = {{"agent", want.agent}, {"server", want.server}, {"kind", want.kind}};
    if (!want.name.empty()) line["name"] = want.name;
    check.WriteLine(line.dump());
  }
  check.CloseInput();
  for (const GoldenDecision& want : file.decisions) {
    SCOPED_TRACE(absl::StrCat(file.path, ": ", Describe(want)));
    const std::optional<std::string> line = check.ReadLine();
    ASSERT_TRUE(line.has_value()) << "no more lines";
    EXPECT_EQ(FromBatchLine(*line), Wanted(file, want, folder.rules_path()));
  }
  EXPECT_EQ(check.ReadRest(), "");
}

INSTANTIATE_TEST_SUITE_P(All, GoldenWireTest, testing::ValuesIn(AllGoldenDecisions()),
                         [](const auto& info) { return GoldenTestName(info.param.path); });

TEST(GoldenReloadTest, AfterAReloadTheNewRulesAloneDecide) {
  const PolicyFolder folder;
  const std::vector<GoldenDecisionFile> files = AllGoldenDecisions();
  folder.Write(files.back().files);
  PdpUnderTest pdp(folder);
  ASSERT_FALSE(HasFailure());
  for (const GoldenDecisionFile& file : files) {
    SCOPED_TRACE(file.path);
    folder.Write(file.files);
    const v1::ReloadResponse reload = pdp.Reload();
    for (const v1::Issue& issue : reload.issues()) {
      EXPECT_NE(issue.severity(), v1::ERROR) << issue.ShortDebugString();
    }
    for (const auto& [agent, questions] : ByAgent(file, folder.rules_path())) {
      EXPECT_THAT(FromWire(pdp.BatchCheck(agent, questions.accesses)),
                  testing::ElementsAreArray(questions.wanted))
          << agent;
    }
  }
}

}  // namespace
}  // namespace ostiary
