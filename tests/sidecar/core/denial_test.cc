// The answers that the sidecar gives itself, letter by letter: programs read them.
#include "sidecar/core/denial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/json/json_document.h"

namespace ostiary::sidecar {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class DenialTest : public ::testing::Test {
 protected:
  DenialTest() {
    verdict_.reason = "PATTERN_DENY";
    verdict_.message = "a pattern denies it";
    verdict_.rule_file = "/etc/rules.json";
    verdict_.rule_pointer = "/agents/researcher/deny/tools/files/0";
    verdict_.rule_pattern = "delete_*";
    verdict_.rule_line = 12;
    verdict_.rule_column = 9;
  }

  Denial Denied(const AccessView& access) const {
    return {"researcher", "files", access, &verdict_, &revision_, nullptr};
  }
  Denial Open(const AccessView& access) const {
    return {"researcher", "files", access, nullptr, nullptr, &undecided_};
  }

  Verdict verdict_;
  const Revision revision_{"e1", 3, "sha256:ab"};
  const Undecided undecided_{"DECISION_TIMEOUT",
                             "the decision point did not answer within 1000 ms"};
};

TEST_F(DenialTest, ADeniedCallGetsAResultThatModelsRead) {
  EXPECT_EQ(
      DenialAnswer("7", AnswerShape::kToolResult, Denied({AccessKind::kTool, "delete_all"})),
      R"({"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":)"
      R"("Denied by policy: agent \"researcher\" may not use tool \"delete_all\" of server \"files\" )"
      R"((PATTERN_DENY), by the rule \"delete_*\" at /etc/rules.json:12:9 )"
      R"((/agents/researcher/deny/tools/files/0). Trying again will not help unless the policy )"
      R"(changes."}],"isError":true,"_meta":{"ostiary/decision":{"outcome":"denied","effect":"DENY",)"
      R"("reason":"PATTERN_DENY","rule":{"file":"/etc/rules.json",)"
      R"("pointer":"/agents/researcher/deny/tools/files/0","pattern":"delete_*","line":12,)"
      R"("column":9},"message":"a pattern denies it","agent":"researcher","server":"files",)"
      R"("kind":"TOOL","name":"delete_all","revision":{"epoch":"e1","generation":3,)"
      R"("digest":"sha256:ab"}}}}})");
}

TEST_F(DenialTest, AnErrorCarriesTheSameAsData) {
  verdict_ = Verdict();
  verdict_.reason = "SERVER_NOT_ALLOWED";
  verdict_.message = "no rule allows it";
  EXPECT_EQ(
      DenialAnswer(R"("a")", AnswerShape::kError, Denied({AccessKind::kServer, ""})),
      R"({"jsonrpc":"2.0","id":"a","error":{"code":4030,"message":)"
      R"("Denied by policy: agent \"researcher\" may not use server \"files\" )"
      R"((SERVER_NOT_ALLOWED). Trying again will not help unless the policy changes.","data":)"
      R"({"ostiary/decision":{"outcome":"denied","effect":"DENY",)"
      R"("reason":"SERVER_NOT_ALLOWED","message":"no rule allows it","agent":"researcher",)"
      R"("server":"files","kind":"SERVER","name":"","revision":{"epoch":"e1",)"
      R"("generation":3,"digest":"sha256:ab"}}}}})");
}

TEST_F(DenialTest, NoDecisionIsToldApartInTextCodeAndOutcome) {
  EXPECT_EQ(
      DenialAnswer("7", AnswerShape::kError, Open({AccessKind::kTool, "read"})),
      R"({"jsonrpc":"2.0","id":7,"error":{"code":5030,"message":)"
      R"("No decision could be had, so access is denied for now: whether agent \"researcher\" may )"
      R"(use tool \"read\" of server \"files\" is not known: the decision point did not answer )"
      R"(within 1000 ms. Trying again later may help.","data":{"ostiary/decision":)"
      R"({"outcome":"undecided","effect":"DENY","reason":"DECISION_TIMEOUT",)"
      R"("message":"the decision point did not answer within 1000 ms","agent":"researcher",)"
      R"("server":"files","kind":"TOOL","name":"read"}}}})");
  EXPECT_THAT(DenialAnswer("7", AnswerShape::kToolResult, Open({AccessKind::kTool, "read"})),
              HasSubstr(R"("isError":true,"_meta":{"ostiary/decision":{"outcome":"undecided",)"));
}

TEST_F(DenialTest, AnUncoveredMethodSaysSo) {
  EXPECT_EQ(MethodDenialAnswer("7", "researcher", "files", "prompts/get"),
            R"({"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":)"
            R"("The method \"prompts/get\" is not covered by this sidecar, so it is never let )"
            R"(through. No rule can allow it.","data":{"ostiary/decision":{"outcome":"denied",)"
            R"("effect":"DENY","reason":"METHOD_NOT_COVERED","message":)"
            R"("The method \"prompts/get\" is not covered by this sidecar, so it is never let )"
            R"(through. No rule can allow it.","agent":"researcher","server":"files",)"
            R"("method":"prompts/get"}}}})");
}

TEST_F(DenialTest, AnyOtherErrorHasNoData) {
  EXPECT_EQ(ErrorAnswer("null", -32600, "Refused: \"x\""),
            R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Refused: \"x\""}})");
}

TEST_F(DenialTest, WhateverTheNameTheAnswerIsJson) {
  std::string every_byte;
  for (int c = 0; c < 256; ++c) every_byte.push_back(static_cast<char>(c));
  for (const AnswerShape shape : {AnswerShape::kToolResult, AnswerShape::kError}) {
    const std::string answer = DenialAnswer("1", shape, Denied({AccessKind::kTool, every_byte}));
    JsonDocument document;
    EXPECT_TRUE(document.Parse(answer)) << document.error().message << answer;
    EXPECT_THAT(answer, Not(HasSubstr("\n")));
  }
}

TEST_F(DenialTest, QuotesNoMoreThanTheBeginningOfALongName) {
  std::string name;
  while (name.size() < 1'000'000) name += "\u00e9x";  // 3 bytes: the cut falls into a character
  const std::string answer =
      DenialAnswer("1", AnswerShape::kToolResult, Denied({AccessKind::kTool, name}));
  EXPECT_LT(answer.size(), 4000U);
  EXPECT_THAT(answer, HasSubstr("…"));
  EXPECT_THAT(answer, Not(HasSubstr("\uFFFD")));
}

}  // namespace
}  // namespace ostiary::sidecar
