// Patterns: what each wildcard matches, what is bad, and that time stays linear.
#include "pdp/policy/pattern.h"

#include <random>
#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tests/pdp/policy/naive_glob.h"

namespace ostiary::pdp {
namespace {

struct MatchCase {
  absl::string_view pattern;
  absl::string_view name;
  bool matches;
};

const MatchCase kMatchCases[] = {
    // Text.
    {"read", "read", true},
    {"read", "Read", false},
    {"read", "read_file", false},
    {"read", "", false},
    {"", "", true},
    {"", "a", false},
    {"a\\*", "a\\b", true},  // a backslash is itself
    {"a.c", "abc", false},
    {"{a,b}", "a", false},
    // "*".
    {"*", "", true},
    {"*", "anything\nat all", true},
    {"**", "", true},
    {"get_*", "get_", true},
    {"get_*", "get_x", true},
    {"get_*", "xget_x", false},
    {"get_**", "get_x", true},
    {"*_user", "delete_user", true},
    {"*_user", "_user", true},
    {"*_user", "delete_users", false},
    {"*user*", "a user b", true},
    {"*user*", "usr", false},
    {"a*b*c", "abc", true},
    {"a*b*c", "a--b--b--c", true},
    {"a*b*c", "a--b--b--", false},
    {"a*b", "a\nb", true},
    {"file:///*", "file:///a/b", true},  // crosses slashes
    {"*ab", "aab", true},
    {"*ab*ab", "ab", false},
    {"*ab*ab", "abab", true},
    // "?".
    {"?", "", false},
    {"?", "a", true},
    {"?", "ab", false},
    {"?", "\n", true},
    {"?", "é", true},
    {"?", "日", true},
    {"?", "🔑", true},
    {"??", "é", false},
    {"a?c", "abc", true},
    {"a?c", "ac", false},
    {"*?", "", false},
    {"*?", "x", true},
    {"?*?", "x", false},
    {"?*?", "xy", true},
    {"*?é", "éé", true},
    {"*?é", "é", false},
    // Sets.
    {"[abc]", "b", true},
    {"[abc]", "d", false},
    {"[abc]", "", false},
    {"[a-c]x", "bx", true},
    {"[a-c]x", "dx", false},
    {"[a-cx-z]", "y", true},
    {"[!abc]", "d", true},
    {"[!abc]", "a", false},
    {"[!abc]", "", false},
    {"[!a-c]", "é", true},
    {"[à-ü]", "é", true},
    {"[à-ü]", "z", false},
    {"[🔑]", "🔑", true},
    {"[!🔑]", "🔑", false},
    {"[^a]", "^", true},  // only "!" negates
    {"[^a]", "b", false},
    {"[]]", "]", true},  // a "]" first is a member
    {"[]a]", "a", true},
    {"[]abc]", "]", true},
    {"[!]abc]", "]", false},
    {"[!]abc]", "x", true},
    {"[]-a]", "^", true},
    {"[-a]", "-", true},  // a "-" at an end is itself
    {"[a-]", "-", true},
    {"[!-a]", "-", false},
    {"[--0]", ".", true},
    {"[a-c-e]", "-", true},  // and so is one behind a range
    {"[a-c-e]", "d", false},
    {"[*]", "*", true},  // wildcards in a set are themselves
    {"[*]", "x", false},
    {"[?]", "?", true},
    {"[[]", "[", true},
    {"[\\]", "\\", true},
    {"[a]*[b]", "axyb", true},
    {"*[0-9]", "tool7", true},
    {"*[0-9]", "tool", false},
    {"[!!]", "!", false},
    {"[!!]", "a", true},
    // A "[" that nothing closes is itself.
    {"[", "[", true},
    {"[a", "[a", true},
    {"[a", "a", false},
    {"a[", "a[", true},
    {"[]", "[]", true},
    {"[!]", "[!]", true},
    {"[!", "[!", true},
    {"[*", "[abc", true},
    {"[*", "abc", false},
    {"x[?", "x[y", true},
    {"]", "]", true},
    {"a]*", "a]b", true},
    // Names that are not UTF-8: each odd byte is one character, in no set.
    {"*", "\xff", true},
    {"?", "\xff", true},
    {"?", "\xc3\xc3", false},
    {"??", "\xc3\xc3", true},
    {"[a-z]", "\xff", false},
    {"[!a-z]", "\xff", true},
    {"delete_*", "delete_\xff", true},
    {"*delete",
     "\xc3"
     "delete",
     true},
    {"*?delete*",
     "\xe2\x82"
     "delete",
     true},
    {"*[!x]delete",
     "\xc3"
     "delete",
     true},
    {"?", "\xed\xa0\x80", false},  // a surrogate is no character
    {"???", "\xed\xa0\x80", true},
    {"?", "\xc0\xaf", false},  // nor is an overlong form
};

TEST(PatternTest, MatchesAllOfANameOrNot) {
  for (const MatchCase& c : kMatchCases) {
    ParsedPattern parsed;
    ASSERT_TRUE(ParsePattern(c.pattern, &parsed).ok()) << c.pattern;
    EXPECT_EQ(parsed.Matches(c.name), c.matches) << c.pattern << " on " << c.name;
    EXPECT_EQ(NaiveGlobMatch(c.pattern, c.name), c.matches) << c.pattern << " on " << c.name;
    // Whatever its shape, its tokens match alike.
    if (!MayBePattern(c.pattern)) continue;
    EXPECT_EQ(parsed.glob().Matches(c.name), c.matches) << c.pattern << " on " << c.name;
  }
}

struct ShapeCase {
  absl::string_view pattern;
  PatternShape shape;
  absl::string_view literal;
};

const ShapeCase kShapeCases[] = {
    {"abc", PatternShape::kLiteral, "abc"}, {"", PatternShape::kLiteral, ""},
    {"a[b", PatternShape::kLiteral, "a[b"}, {"[!]", PatternShape::kLiteral, "[!]"},
    {"a[*", PatternShape::kPrefix, "a["},   {"ab*", PatternShape::kPrefix, "ab"},
    {"ab**", PatternShape::kPrefix, "ab"},  {"*ab", PatternShape::kSuffix, "ab"},
};

TEST(PatternTest, KnowsWhatNeedsNoTokens) {
  for (const ShapeCase& c : kShapeCases) {
    ParsedPattern parsed;
    ASSERT_TRUE(ParsePattern(c.pattern, &parsed).ok());
    EXPECT_EQ(parsed.shape, c.shape) << c.pattern;
    EXPECT_EQ(parsed.literal, c.literal) << c.pattern;
  }
  for (const absl::string_view pattern : {"*", "***"}) {
    ParsedPattern parsed;
    ASSERT_TRUE(ParsePattern(pattern, &parsed).ok());
    EXPECT_EQ(parsed.shape, PatternShape::kAny) << pattern;
  }
  for (const absl::string_view pattern : {"?", "a*b", "*a*", "[a]", "a?*"}) {
    ParsedPattern parsed;
    ASSERT_TRUE(ParsePattern(pattern, &parsed).ok());
    EXPECT_EQ(parsed.shape, PatternShape::kGlob) << pattern;
  }
}

TEST(PatternTest, KeepsNothingOfThePatternBefore) {
  ParsedPattern parsed;
  ASSERT_TRUE(ParsePattern("[a-c]?*", &parsed).ok());
  ASSERT_TRUE(ParsePattern("[b]", &parsed).ok());
  EXPECT_EQ(parsed.tokens.size(), 1u);
  EXPECT_EQ(parsed.ranges.size(), 1u);
  ASSERT_TRUE(ParsePattern("b", &parsed).ok());
  EXPECT_EQ(parsed.shape, PatternShape::kLiteral);
  EXPECT_EQ(parsed.tokens.size(), 0u);
  EXPECT_TRUE(parsed.Matches("b"));
}

struct BadCase {
  absl::string_view pattern;
  absl::string_view message;
};

const BadCase kBadCases[] = {
    {"[z-a]",
     "bad pattern \"[z-a]\": the range \"z-a\" runs backwards, so nothing is in it; write its "
     "smaller end first"},
    {"x*[!aé-à]",
     "bad pattern \"x*[!aé-à]\": the range \"é-à\" runs backwards, so nothing is in it; write its "
     "smaller end first"},
    {"[a--]",
     "bad pattern \"[a--]\": the range \"a--\" runs backwards, so nothing is in it; write its "
     "smaller end first"},
};

TEST(PatternTest, RefusesARangeThatRunsBackwards) {
  for (const BadCase& c : kBadCases) {
    ParsedPattern parsed;
    const absl::Status status = ParsePattern(c.pattern, &parsed);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(status.message(), c.message);
    EXPECT_EQ(NaiveGlobMatch(c.pattern, "x"), std::nullopt);
  }
}

TEST(PatternTest, AgreesWithTheNaiveMatcher) {
  std::mt19937 random(20261122);  // NOLINT: the same cases every time
  const absl::string_view kPieces[] = {"a", "b",  "*", "?",     "[",    "]",    "!",
                                       "-", "ab", "é", "[a-c]", "[!b]", "\xc3", "\xa9"};
  const auto text = [&](size_t pieces, size_t of) {
    std::string out;
    for (size_t i = random() % pieces; i > 0; --i) {
      const absl::string_view piece = kPieces[random() % of];
      out.append(piece.data(), piece.size());
    }
    return out;
  };
  size_t good = 0;
  size_t matched = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string pattern = text(8, 12);
    const std::string name = text(8, 14);
    ParsedPattern parsed;
    const bool is_good = ParsePattern(pattern, &parsed).ok();
    const std::optional<bool> expected = NaiveGlobMatch(pattern, name);
    ASSERT_EQ(is_good, expected.has_value()) << pattern;
    if (!is_good) continue;
    ASSERT_EQ(parsed.Matches(name), *expected) << pattern << " on " << name;
    ++good;
    matched += *expected ? 1 : 0;
  }
  EXPECT_GT(good, 190'000u);
  EXPECT_GT(matched, 5'000u);
}

// These would take years with a matcher that goes back to every "*", and minutes with a reader that
// looks for the end of every "[".
TEST(PatternTest, StaysLinearInTheName) {
  std::string stars;
  for (int i = 0; i < 50; ++i) stars += "a*";
  const std::string pattern = stars + "b";
  const std::string name(100'000, 'a');
  ParsedPattern parsed;
  ASSERT_TRUE(ParsePattern(pattern, &parsed).ok());
  EXPECT_FALSE(parsed.Matches(name));
  EXPECT_TRUE(parsed.Matches(name + "b"));

  const std::string brackets(4'000'000, '[');
  const std::string unclosed = "*" + brackets + "?";
  ASSERT_TRUE(ParsePattern(unclosed, &parsed).ok());
  EXPECT_TRUE(parsed.Matches(brackets + "x"));
  EXPECT_FALSE(parsed.Matches(brackets));
}

}  // namespace
}  // namespace ostiary::pdp
