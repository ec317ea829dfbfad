// The small parts: text positions, texts that come again, JSON pointers, issues, quoting, names.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "pdp/policy/copy_text.h"
#include "pdp/policy/decision.h"
#include "pdp/policy/issue.h"
#include "pdp/policy/issue_log.h"
#include "pdp/policy/json_pointer.h"
#include "pdp/policy/quote.h"
#include "pdp/policy/recent_texts.h"
#include "pdp/policy/text_position.h"
#include "pdp/policy/utf8.h"
#include "pdp/policy/wildcards.h"

namespace ostiary::pdp {
namespace {

TEST(LineIndexTest, CountsLinesAndBytesFromOne) {
  const LineIndex lines("ab\n\n\xc3\xa9x\n");
  const TextPosition expected[] = {{1, 1}, {1, 2}, {1, 3}, {2, 1}, {3, 1},
                                   {3, 2}, {3, 3}, {3, 4}, {4, 1}};
  for (size_t offset = 0; offset < std::size(expected); ++offset) {
    EXPECT_EQ(lines.Find(offset), expected[offset]) << offset;
  }
  EXPECT_EQ(LineIndex("").Find(0), (TextPosition{1, 1}));
  EXPECT_EQ(LineIndex("x\r\ny").Find(3), (TextPosition{2, 1}));
}

// The text of each number, looked for and, where it is not known, made.
bool IsKnown(const std::string& text, RecentTexts<int>* texts) {
  static const int kMade = 0;
  const int** const place = texts->Find(text);
  if (*place != nullptr) return true;
  *place = &kMade;
  return false;
}

TEST(RecentTextsTest, KnowsWhatComesAgain) {
  RecentTexts<int> texts;
  const std::vector<std::string> few = {"a", "b"};  // as many as surely find room
  for (const std::string& text : few) EXPECT_FALSE(IsKnown(text, &texts));
  for (const std::string& text : few) EXPECT_TRUE(IsKnown(text, &texts));
}

// However many came that did not come again.
TEST(RecentTextsTest, FindsOutThatTextsComeAgain) {
  RecentTexts<int> texts;
  std::vector<std::string> all;
  for (int i = 0; i < 50'000; ++i) all.push_back(absl::StrCat("text ", i));
  for (const std::string& text : all) EXPECT_FALSE(IsKnown(text, &texts));
  const std::string again = "again";  // texts must outlive what remembers them
  size_t unknown = 0;
  while (!IsKnown(again, &texts) && unknown < 1'000) ++unknown;
  EXPECT_LT(unknown, 40u);
  EXPECT_TRUE(IsKnown(again, &texts));
}

// Each special character at each place of texts of each size, but none that stands beside a text.
TEST(FindWildcardsTest, FindsThemAtEachPlace) {
  for (size_t size = 0; size < 70; ++size) {
    const std::string plain(size, 'x');
    const std::string between = "*" + plain + "[";
    EXPECT_FALSE(FindWildcards(absl::string_view(between).substr(1, size)).any) << size;
    for (size_t at = 0; at < size; ++at) {
      for (const char c : {'*', '?', '['}) {
        std::string text = plain;
        text[at] = c;
        EXPECT_TRUE(FindWildcards(text).any) << text;
        EXPECT_EQ(FindWildcards(text).set != 0, c == '[') << text;
      }
    }
  }
}

TEST(CopyTextTest, WritesTheTextAndNothingBehindIt) {
  std::string text;
  for (size_t size = 0; size < 70; ++size) {
    std::string out(72, '.');
    EXPECT_EQ(CopyText(text, out.data() + 1), out.data() + 1 + size);
    EXPECT_EQ(out, absl::StrCat(".", text, std::string(71 - size, '.')));
    text.push_back(static_cast<char>('0' + size));
  }
  char nowhere = '.';
  EXPECT_EQ(CopyText({}, &nowhere), &nowhere);
}

TEST(JsonPointerTest, EscapesKeysAndNumbersElements) {
  JsonPointer pointer;
  EXPECT_EQ(pointer.ToString(), "");
  const JsonPointer::Step a(&pointer, "a/b~c");
  {
    const JsonPointer::Step element(&pointer, size_t{12});
    const JsonPointer::Step empty(&pointer, "");
    EXPECT_EQ(pointer.ToString(), "/a~1b~0c/12/");
  }
  EXPECT_EQ(pointer.ToString(), "/a~1b~0c");
}

TEST(IssueTest, IsOneLineWithWhatIsKnown) {
  EXPECT_EQ(FormatIssue({Severity::kError, "m", "f", 1, 2, "/p"}), "f:1:2: error: m (/p)");
  EXPECT_EQ(FormatIssue({Severity::kWarning, "m", "f", 0, 0, ""}), "f: warning: m");
  EXPECT_EQ(FormatIssue({Severity::kError, "m", "", 0, 0, ""}), "error: m");
  EXPECT_EQ(FormatIssue({Severity::kError, "m", "", 1, 2, ""}), "1:2: error: m");
}

TEST(IssueLogTest, OrdersByFileAndPlaceWhatIsAboutAWholeFileFirst) {
  IssueLog log(10, 1000);
  log.BeginFile("f", "ab\nc");
  log.BeginFile("g", "\n\n\nx");
  log.Add(Severity::kError, 4, "", "2");
  log.Add(Severity::kWarning, IssueLog::kWholeFile, "", "1");
  log.SelectFile(0);
  log.Add(Severity::kWarning, 3, "", "2");
  log.Add(Severity::kError, 3, "", "3");
  log.Add(Severity::kWarning, IssueLog::kWholeFile, "", "1");
  std::vector<std::string> issues;
  for (const Issue& issue : log.Take()) issues.push_back(FormatIssue(issue));
  EXPECT_EQ(issues,
            (std::vector<std::string>{"f: warning: 1", "f:2:1: error: 3", "f:2:1: warning: 2",
                                      "g: warning: 1", "g:4:2: error: 2"}));
}

TEST(QuoteTest, EscapesAndCuts) {
  EXPECT_EQ(Quote("a\"\n"), "\"a\\\"\\n\"");
  EXPECT_EQ(Quote(std::string(200, 'x')), "\"" + std::string(200, 'x') + "\"");
  // Not within a character.
  EXPECT_EQ(Quote(std::string(199, 'x') + "\xc3\xa9"),
            "\"" + std::string(199, 'x') + "\"... (201 bytes)");
  EXPECT_EQ(Quote(std::string(197, 'x') + "\xf0\x9f\x94\x91"),
            "\"" + std::string(197, 'x') + "\"... (201 bytes)");
  // Nothing but the ends of characters.
  EXPECT_EQ(Quote(std::string(300, '\x80')), "\"\"... (300 bytes)");
}

TEST(Utf8Test, FindsOneCharacterOrOneOddByte) {
  const struct {
    absl::string_view text;
    uint32_t code_point;
    uint32_t size;
  } cases[] = {
      {"a", 'a', 1},
      {"\xc3\xa9", 0xe9, 2},
      {"\xe2\x82\xac", 0x20ac, 3},
      {"\xf0\x9f\x94\x91", 0x1f511, 4},
      {"\xf4\x8f\xbf\xbf", 0x10ffff, 4},
      {"\xf4\x90\x80\x80", kInvalidByteBase + 0xf4, 1},
      {"\xe0\x80\x80", kInvalidByteBase + 0xe0, 1},
      {"\xf0\x80\x80\x80", kInvalidByteBase + 0xf0, 1},
      {"\xc1\x81", kInvalidByteBase + 0xc1, 1},
      {"\xed\xa0\x80", kInvalidByteBase + 0xed, 1},
      {"\x80", kInvalidByteBase + 0x80, 1},
      {"\xed\xb0\x80", kInvalidByteBase + 0xed, 1},
      {"\xed\xbf\xbf", kInvalidByteBase + 0xed, 1},
      {"\xe2\x82", kInvalidByteBase + 0xe2, 1},
      {"\xc3\xc3", kInvalidByteBase + 0xc3, 1},
      {"\xe2\x82\xe2", kInvalidByteBase + 0xe2, 1},
      {"\xf5\x80\x80\x80", kInvalidByteBase + 0xf5, 1},
      {"\xff", kInvalidByteBase + 0xff, 1},
  };
  for (const auto& c : cases) {
    const Utf8Char found = CharAt(c.text, 0);
    EXPECT_EQ(found.code_point, c.code_point);
    EXPECT_EQ(found.size, c.size);
  }
}

TEST(Utf8Test, KnowsATextOfWholeCharacters) {
  for (const absl::string_view text : {"", "a", "\xc3\xa9", "a\xf0\x9f\x94\x91\xe2\x82\xac"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
  for (const absl::string_view text : {"\x80", "\xff", "a\xc3", "\xc3\xa9\xbf", "\xed\xa0\x80z"}) {
    EXPECT_FALSE(IsUtf8(text)) << text;
  }
}

// The zero values are the safe ones.
TEST(DecisionTest, DeniesByDefault) {
  const Decision decision;
  EXPECT_EQ(decision.effect, Effect::kDeny);
  EXPECT_EQ(ReasonName(decision.reason), "REASON_UNSPECIFIED");
  EXPECT_EQ(EffectName(static_cast<Effect>(7)), "DENY");
}

TEST(DecisionTest, NamesWhatTheContractNames) {
  EXPECT_EQ(AccessKindName(AccessKind::kServer), "SERVER");
  EXPECT_EQ(AccessKindName(AccessKind::kTool), "TOOL");
  EXPECT_EQ(AccessKindName(AccessKind::kResource), "RESOURCE");
  EXPECT_EQ(AccessKindName(AccessKind::kPrompt), "PROMPT");
  EXPECT_EQ(ReasonName(Reason::kUnknownAgentAllowed), "UNKNOWN_AGENT_ALLOWED");
  EXPECT_EQ(ReasonName(Reason::kPromptNotAllowed), "PROMPT_NOT_ALLOWED");
}

}  // namespace
}  // namespace ostiary::pdp
