// Our reader against RapidJSON and nlohmann on random texts: legal ones, legal ones damaged, and
// tokens in any order. See json_peers.h for the known differences.
#include <iterator>
#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/common/json/json_peers.h"

namespace ostiary {
namespace {

constexpr const char* kTokens[] = {"{",
                                   "}",
                                   "[",
                                   "]",
                                   ",",
                                   ":",
                                   "\"",
                                   "\\",
                                   "\"a\"",
                                   "\"b\":",
                                   "null",
                                   "true",
                                   "false",
                                   "0",
                                   "-0",
                                   "1",
                                   "-1.5",
                                   "1e5",
                                   "1E-7",
                                   "1e400",
                                   "-",
                                   "+",
                                   ".",
                                   "e",
                                   "01",
                                   " ",
                                   "\t",
                                   "\r",
                                   "\n",
                                   "\v",
                                   "\\u0041",
                                   "\\ud83d\\ude00",
                                   "\\ud800",
                                   "\\udc00",
                                   "\\n",
                                   "\\/",
                                   "\\x",
                                   "\\u12",
                                   "NaN",
                                   "\xC3\xA9",
                                   "\xE2\x82\xAC",
                                   "\xF0\x9F\x98\x80",
                                   "\xC0\xAF",
                                   "\xED\xA0\x80",
                                   "\xEF\xBB\xBF",
                                   "\xFF",
                                   "\x80",
                                   "\x01",
                                   "\x7F",
                                   "//",
                                   "/**/",
                                   "'"};

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  std::string Text() {
    switch (Below(4)) {
      case 0:
        return Legal();
      case 1:
        return TokenSoup();
      default:
        return Damaged(Legal());
    }
  }

 private:
  size_t Below(size_t n) { return random_() % n; }
  bool OneIn(size_t n) { return Below(n) == 0; }
  const char* Token() { return kTokens[Below(std::size(kTokens))]; }

  std::string Legal() {
    std::string out;
    Value(&out, 0);
    return out;
  }

  void Blanks(std::string* out) {
    while (OneIn(8)) *out += " \t\r\n"[Below(4)];
  }

  void Value(std::string* out, int depth) {
    Blanks(out);
    const size_t kind = Below(depth == 0 ? 2 : 8);
    if (kind < 2 && depth < 6) {
      Container(out, kind == 0, depth);
    } else if (kind < 4) {
      String(out);
    } else if (kind < 6) {
      Number(out);
    } else {
      constexpr const char* kLiterals[] = {"null", "true", "false"};
      *out += kLiterals[Below(3)];
    }
    Blanks(out);
  }

  void Container(std::string* out, bool is_object, int depth) {
    *out += is_object ? '{' : '[';
    const size_t size = Below(5);
    for (size_t i = 0; i < size; ++i) {
      if (i != 0) *out += ',';
      if (is_object) {
        Blanks(out);
        String(out);
        Blanks(out);
        *out += ':';
      }
      Value(out, depth + 1);
    }
    *out += is_object ? '}' : ']';
  }

  void String(std::string* out) {
    constexpr const char* kPieces[] = {"a",
                                       "Z",
                                       "0123456789abcdef",
                                       " ",
                                       "\\n",
                                       "\\\"",
                                       "\\\\",
                                       "\\/",
                                       "\\u00e9",
                                       "\\u0000",
                                       "\\ud83d\\ude00",
                                       "\xC3\xA9",
                                       "\xE2\x82\xAC",
                                       "\xF0\x9F\x98\x80",
                                       "\x7F",
                                       "'"};
    *out += '"';
    for (size_t i = Below(6); i > 0; --i) *out += kPieces[Below(std::size(kPieces))];
    *out += '"';
  }

  void Number(std::string* out) {
    if (OneIn(3)) *out += '-';
    absl::StrAppend(out, OneIn(4) ? 0 : 1 + random_() % 1'000'000'000'000);
    if (OneIn(3)) absl::StrAppend(out, ".", random_());
    if (OneIn(3)) absl::StrAppend(out, OneIn(2) ? "e" : "E-", Below(200));
  }

  std::string Damaged(std::string text) {
    for (size_t i = 1 + Below(3); i > 0 && !text.empty(); --i) {
      const size_t at = Below(text.size());
      switch (Below(5)) {
        case 0:
          text[at] = static_cast<char>(Below(256));
          break;
        case 1:
          text.erase(at, 1 + Below(3));
          break;
        case 2:
          text.insert(at, Token());
          break;
        case 3:
          text.insert(at, text.substr(Below(text.size()), Below(20)));
          break;
        default:
          text.resize(at);
      }
    }
    return text;
  }

  std::string TokenSoup() {
    std::string text;
    for (size_t i = Below(8); i > 0; --i) text += Token();
    return text;
  }

  std::mt19937_64 random_;
};

TEST(JsonDifferentialTest, AgreesWithRapidJsonAndNlohmann) {
  constexpr int kTexts = 300'000;
  Generator generator(20261122);
  JsonDocument document;
  int accepted = 0;
  int known_differences = 0;
  for (int i = 0; i < kTexts; ++i) {
    const std::string text = generator.Text();
    const JsonComparison comparison = CompareJsonReaders(text, &document);
    ASSERT_EQ(comparison.finding, "") << "text " << i << ": " << absl::CEscape(text);
    accepted += comparison.accepted ? 1 : 0;
    known_differences += comparison.known_difference ? 1 : 0;
  }
  // The texts must be of both kinds, and nearly all compared.
  EXPECT_GT(accepted, kTexts / 4);
  EXPECT_LT(accepted, kTexts * 3 / 4);
  EXPECT_LT(known_differences, kTexts / 20);
  RecordProperty("accepted", accepted);
  RecordProperty("known_differences", known_differences);
}

// Each known difference, shown, so that the list in json_peers.h stays true.
TEST(JsonDifferentialTest, KnownDifferences) {
  const struct {
    std::string text;
    bool ours;
    JsonVerdict rapidjson;
    JsonVerdict nlohmann;
  } kCases[] = {
      {std::string("1\0x", 3), false, JsonVerdict::kAccepted, JsonVerdict::kAccepted},
      {"\xEF\xBB\xBF"
       "1",
       false, JsonVerdict::kRefused, JsonVerdict::kAccepted},
      {"1e400", true, JsonVerdict::kOutOfRange, JsonVerdict::kOutOfRange},
      {R"("\ud800")", true, JsonVerdict::kRefused, JsonVerdict::kRefused},
      {R"("\udc00")", true, JsonVerdict::kAccepted, JsonVerdict::kRefused},
  };
  JsonDocument document;
  for (const auto& c : kCases) {
    EXPECT_EQ(document.Parse(c.text), c.ours) << c.text;
    EXPECT_EQ(ReadWithRapidJson(c.text).verdict, c.rapidjson) << c.text;
    EXPECT_EQ(ReadWithNlohmann(c.text).verdict, c.nlohmann) << c.text;
    EXPECT_EQ(CompareJsonReaders(c.text, &document).finding, "") << c.text;
  }
}

}  // namespace
}  // namespace ostiary
