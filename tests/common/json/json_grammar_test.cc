// Which texts are JSON: the grammar, the encoding and the limits, with the place and the words of
// each error.
#include <string>
#include <vector>

#include "common/json/json_document.h"
#include "gtest/gtest.h"

namespace ostiary {
namespace {

using namespace std::string_literals;  // for texts with a NUL in them

std::string Repeat(absl::string_view piece, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out.append(piece.data(), piece.size());
  return out;
}

TEST(JsonGrammarTest, LegalTexts) {
  const std::vector<std::string> texts = {
      // One value of each kind, alone.
      "null", "true", "false", "0", "\"\"", "[]", "{}",
      // Blanks: these four, anywhere between tokens.
      " \t\r\n1 \t\r\n", "[ ]", "{ }", "[ 1 , 2 ]", "{ \"a\" : 1 , \"b\" : 2 }", "[\r1\r]",
      // Numbers of any size and precision.
      "-0", "-0.0", "10", "1234567890123456789012345678901234567890", "0.1", "1e5", "1E5", "1e+5",
      "1e-5", "0e0", "0.0e-0", "1e05", "1e999999999", "-1e-999999999", "1.000000000000000000000001",
      // Strings.
      R"("\"\\\/\b\f\n\r\t")", R"("\u0000")", R"("\uABCD\uabcd")", R"("\uD83D\uDE00")", "\"\x7F\"",
      "\"'\"", "\"/\"", "\"\\u2028\"",
      // Half a surrogate pair is legal in an escape, wherever it stands.
      R"("\uD800")", R"("\uDC00")", R"("\uD800\uD800")", R"("\uDC00\uD800")", R"("\uD800\n")",
      R"("\uD800x")", R"("\uD800\u0041")",
      // UTF-8 at the edges of each length, noncharacters too, and U+FEFF inside a string.
      "\"\xC2\x80\"", "\"\xDF\xBF\"", "\"\xE0\xA0\x80\"", "\"\xED\x9F\xBF\"", "\"\xEE\x80\x80\"",
      "\"\xEF\xBF\xBF\"", "\"\xF0\x90\x80\x80\"", "\"\xF4\x8F\xBF\xBF\"", "\"\xEF\xBB\xBF\"",
      "\"\xE2\x80\xA8\"",
      // Structure.
      "[[],{},[{}]]", R"({"":0})", R"({"a":{"a":{"a":[]}}})", "[1,[2,[3,[4]]]]",
      // Duplicate keys are for the caller to refuse.
      R"({"a":1,"a":2})"};
  JsonDocument document;
  for (const std::string& text : texts) {
    EXPECT_TRUE(document.Parse(text)) << text << ": " << document.error().message;
  }
}

struct Illegal {
  std::string text;
  size_t offset;
  std::string message;
};

void ExpectRefused(const std::vector<Illegal>& cases) {
  JsonDocument document;
  for (const Illegal& c : cases) {
    // An exact allocation, so that AddressSanitizer sees a read past the end.
    const std::vector<char> bytes(c.text.begin(), c.text.end());
    ASSERT_FALSE(document.Parse(absl::string_view(bytes.data(), bytes.size()))) << c.text;
    EXPECT_EQ(document.error().message, c.message) << c.text;
    EXPECT_EQ(document.error().offset, c.offset) << c.text;
  }
}

TEST(JsonGrammarTest, IllegalStructure) {
  ExpectRefused({
      {"", 0, "expected a value, found the end of the text"},
      {"  ", 2, "expected a value, found the end of the text"},
      {"[", 1, "expected a value, found the end of the text"},
      {"{", 1, "expected a key in double quotes, found the end of the text"},
      {"]", 0, "expected a value, found ']'"},
      {"}", 0, "expected a value, found '}'"},
      {",", 0, "expected a value, found ','"},
      {"[1", 2, "expected ',' or ']' after an element, found the end of the text"},
      {"[1,", 3, "expected a value, found the end of the text"},
      {"[1,]", 3, "expected a value, found ']'"},
      {"[,1]", 1, "expected a value, found ','"},
      {"[1,,2]", 3, "expected a value, found ','"},
      {"[1 2]", 3, "expected ',' or ']' after an element, found '2'"},
      {"[1}", 2, "expected ',' or ']' after an element, found '}'"},
      {"[1:2]", 2, "expected ',' or ']' after an element, found ':'"},
      {R"({"a":1)", 6, "expected ',' or '}' after a member, found the end of the text"},
      {R"({"a":1])", 6, "expected ',' or '}' after a member, found ']'"},
      {R"({"a":1,})", 7, "expected a key in double quotes, found '}'"},
      {R"({,"a":1})", 1, "expected a key in double quotes, found ','"},
      {R"({"a":1 "b":2})", 7, "expected ',' or '}' after a member, found '\"'"},
      {R"({"a"})", 4, "expected ':' after a key, found '}'"},
      {R"({"a",1})", 4, "expected ':' after a key, found ','"},
      {R"({"a"=1})", 4, "expected ':' after a key, found '='"},
      {R"({"a")", 4, "expected ':' after a key, found the end of the text"},
      {R"({"a":})", 5, "expected a value, found '}'"},
      {R"({"a"::1})", 5, "expected a value, found ':'"},
      {"{a:1}", 1, "expected a key in double quotes, found 'a'"},
      {"{'a':1}", 1, "expected a key in double quotes, found a single quote"},
      {"{1:1}", 1, "expected a key in double quotes, found '1'"},
      {"{null:1}", 1, "expected a key in double quotes, found 'n'"},
      {"{[]:1}", 1, "expected a key in double quotes, found '['"},
      // One value, and nothing but blanks around it.
      {"1 2", 2, "expected nothing but blanks after the value, found '2'"},
      {"{}{}", 2, "expected nothing but blanks after the value, found '{'"},
      {"{}\n{}", 3, "expected nothing but blanks after the value, found '{'"},
      {"[]]", 2, "expected nothing but blanks after the value, found ']'"},
      {"{},", 2, "expected nothing but blanks after the value, found ','"},
      {"{};", 2, "expected nothing but blanks after the value, found ';'"},
      {"{}\0"s, 2, "expected nothing but blanks after the value, found a NUL byte"},
      {"\0{}"s, 0, "expected a value, found a NUL byte"},
      {"[\0]"s, 1, "expected a value, found a NUL byte"},
      // No comments, and no blanks beyond the four.
      {"/**/1", 0, "expected a value, found '/'"},
      {"[1//\n]", 2, "expected ',' or ']' after an element, found '/'"},
      {"#\n1", 0, "expected a value, found '#'"},
      {"[\v1]", 1, "expected a value, found the byte 0x0b"},
      {"[\f1]", 1, "expected a value, found the byte 0x0c"},
      {"[1\x7F]", 2, "expected ',' or ']' after an element, found the byte 0x7f"},
      {"[\xC2\xA0]", 1, "expected a value, found '\xC2\xA0'"},
      {"[\xC2\x85]", 1, "expected a value, found '\xC2\x85'"},
      {"[\xE2\x80\xA8]", 1, "expected a value, found '\xE2\x80\xA8'"},
      {"\xFF", 0, "expected a value, found the byte 0xff"},
  });
}

TEST(JsonGrammarTest, IllegalLiteralsAndNumbers) {
  ExpectRefused({
      {"nul", 3, "expected all of 'null', found the end of the text"},
      {"[tru]", 4, "expected all of 'true', found ']'"},
      {"falsy", 4, "expected all of 'false', found 'y'"},
      {"nulll", 4, "expected nothing but blanks after the value, found 'l'"},
      {"True", 0, "expected a value, found 'T'"},
      {"NULL", 0, "expected a value, found 'N'"},
      {"NaN", 0, "expected a value, found 'N'"},
      {"nan", 1, "expected all of 'null', found 'a'"},
      {"Infinity", 0, "expected a value, found 'I'"},
      {"-Infinity", 1, "expected a digit after '-', found 'I'"},
      {"undefined", 0, "expected a value, found 'u'"},
      {"-", 1, "expected a digit after '-', found the end of the text"},
      {"--1", 1, "expected a digit after '-', found '-'"},
      {"+1", 0, "expected a value, found '+'"},
      {".5", 0, "expected a value, found '.'"},
      {"-.5", 1, "expected a digit after '-', found '.'"},
      {"1.", 2, "expected a digit after '.', found the end of the text"},
      {"[1.]", 3, "expected a digit after '.', found ']'"},
      {"1.e5", 2, "expected a digit after '.', found 'e'"},
      {"01", 1, "expected no digit after a leading 0, found '1'"},
      {"-01", 2, "expected no digit after a leading 0, found '1'"},
      {"00", 1, "expected no digit after a leading 0, found '0'"},
      {"1e", 2, "expected a digit in the exponent, found the end of the text"},
      {"1e+", 3, "expected a digit in the exponent, found the end of the text"},
      {"1e1.5", 3, "expected nothing but blanks after the value, found '.'"},
      {"0x10", 1, "expected nothing but blanks after the value, found 'x'"},
      {"1_000", 1, "expected nothing but blanks after the value, found '_'"},
      {"[1,000 0]", 4, "expected no digit after a leading 0, found '0'"},
      {"1.5.5", 3, "expected nothing but blanks after the value, found '.'"},
      {"- 1", 1, "expected a digit after '-', found a blank"},
      {"\xEF\xBC\x91", 0, "expected a value, found '\xEF\xBC\x91'"},  // a wide 1
  });
}

TEST(JsonGrammarTest, IllegalStrings) {
  const std::string controls = "expected control characters in a string to be written as escapes";
  const std::string escape = "expected one of \" \\ / b f n r t u after a backslash";
  const std::string end = "expected '\"' to end the string that starts at offset ";
  ExpectRefused({
      {"\"", 1, end + "0, found the end of the text"},
      {"[\"abc]", 6, end + "1, found the end of the text"},
      {"\"a\\\"", 4, end + "0, found the end of the text"},
      {"'a'", 0, "expected a value, found a single quote"},
      {"\"a\nb\"", 2, controls + ", found a line feed"},
      {"\"a\rb\"", 2, controls + ", found a carriage return"},
      {"\"\t\"", 1, controls + ", found a tab"},
      {"\"\0\""s, 1, controls + ", found a NUL byte"},
      {"\"\x01\"", 1, controls + ", found the byte 0x01"},
      {"\"\x1F\"", 1, controls + ", found the byte 0x1f"},
      {"{\"a\n\":1}", 3, controls + ", found a line feed"},
      // Past the first 16 bytes as well as in the last few.
      {"\"0123456789abcdef0123456789\n456789abcdef\"", 27, controls + ", found a line feed"},
      {R"("\x41")", 2, escape + ", found 'x'"},
      {R"("\a")", 2, escape + ", found 'a'"},
      {R"("\'")", 2, escape + ", found a single quote"},
      {R"("\0")", 2, escape + ", found '0'"},
      {R"("\U0041")", 2, escape + ", found 'U'"},
      {"\"\\\n\"", 2, escape + ", found a line feed"},
      {"\"\\", 2, escape + ", found the end of the text"},
      {R"("\u")", 3, "expected four hex digits after \\u, found '\"'"},
      {R"("\u12")", 5, "expected four hex digits after \\u, found '\"'"},
      {R"("\u12g4")", 5, "expected four hex digits after \\u, found 'g'"},
      {R"("\u123)", 6, "expected four hex digits after \\u, found the end of the text"},
      {R"("\u 123")", 3, "expected four hex digits after \\u, found a blank"},
      {R"("\u{41}")", 3, "expected four hex digits after \\u, found '{'"},
      {R"("\u+041")", 3, "expected four hex digits after \\u, found '+'"},
      // A high surrogate does not hide what is wrong behind it.
      {R"("\uD800\u")", 9, "expected four hex digits after \\u, found '\"'"},
      {R"("\uD800\uDC0")", 12, "expected four hex digits after \\u, found '\"'"},
      {R"("\uD800\x")", 8, escape + ", found 'x'"},
  });
}

TEST(JsonGrammarTest, IllegalEncoding) {
  const std::string utf8 = "expected valid UTF-8 in a string, found ";
  ExpectRefused({
      {"\"\x80\"", 1, utf8 + "the byte 0x80"},
      {"\"a\xBF\"", 2, utf8 + "the byte 0xbf"},
      // Overlong forms.
      {"\"\xC0\x80\"", 1, utf8 + "the byte 0xc0"},
      {"\"\xC0\xAF\"", 1, utf8 + "the byte 0xc0"},
      {"\"\xC1\xBF\"", 1, utf8 + "the byte 0xc1"},
      {"\"\xE0\x9F\xBF\"", 1, utf8 + "the byte 0xe0"},
      {"\"\xF0\x8F\xBF\xBF\"", 1, utf8 + "the byte 0xf0"},
      // Surrogates, and past U+10FFFF.
      {"\"\xED\xA0\x80\"", 1, utf8 + "the byte 0xed"},
      {"\"\xED\xBF\xBF\"", 1, utf8 + "the byte 0xed"},
      {"\"\xF4\x90\x80\x80\"", 1, utf8 + "the byte 0xf4"},
      {"\"\xF5\x80\x80\x80\"", 1, utf8 + "the byte 0xf5"},
      {"\"\xFE\"", 1, utf8 + "the byte 0xfe"},
      {"\"\xFF\"", 1, utf8 + "the byte 0xff"},
      // Cut short, by the quote and by the end of the text.
      {"\"\xC2\"", 1, utf8 + "the byte 0xc2"},
      {"\"\xE2\x82\"", 1, utf8 + "the byte 0xe2"},
      {"\"\xF0\x9F\x98\"", 1, utf8 + "the byte 0xf0"},
      {"\"\xC2", 1, utf8 + "the byte 0xc2"},
      {"\"\xE2\x82", 1, utf8 + "the byte 0xe2"},
      {"\"\xF0\x9F\x98", 1, utf8 + "the byte 0xf0"},
      {"\"\xC2\xC2\x80\"", 1, utf8 + "the byte 0xc2"},
      {"{\"\xC0\x80\":1}", 2, utf8 + "the byte 0xc0"},
      // Latin-1 and UTF-16.
      {"\"caf\xE9\"", 4, utf8 + "the byte 0xe9"},
      {"\xFF\xFE[\0]\0"s, 0, "expected a value, found the byte 0xff"},
      {"[\0]\0"s, 1, "expected a value, found a NUL byte"},
      {"\xEF\xBB\xBF{}", 0,
       "expected a value, found a byte order mark; write the text as UTF-8 without it"},
      {" \xEF\xBB\xBF{}", 1, "expected a value, found '\xEF\xBB\xBF'"},
      {"{}\xEF\xBB\xBF", 2, "expected nothing but blanks after the value, found '\xEF\xBB\xBF'"},
  });
}

// Every position of a byte against the 16 at a time in which strings are read.
TEST(JsonGrammarTest, FindsABadByteAtEveryPlaceInAString) {
  JsonDocument document;
  for (size_t length = 1; length <= 70; ++length) {
    for (size_t at = 0; at < length; ++at) {
      std::string text = "\"" + std::string(length, 'x') + "\"";
      for (const char bad : {'\0', '\x1F', '\x80', '\xFF'}) {
        text[at + 1] = bad;
        ASSERT_FALSE(document.Parse(text)) << length << " " << at;
        EXPECT_EQ(document.error().offset, at + 1);
      }
    }
  }
}

TEST(JsonGrammarTest, EveryCutOfATextIsRefused) {
  const std::string text =
      R"({"a":[1,-2.5e+3,"x\u00e9\n"],"b":{"c":null,"d":[true,false]},"e":"0123456789abcdef"})";
  JsonDocument document;
  ASSERT_TRUE(document.Parse(text));
  for (size_t length = 0; length < text.size(); ++length) {
    const std::vector<char> cut(text.begin(), text.begin() + static_cast<ptrdiff_t>(length));
    EXPECT_FALSE(document.Parse(absl::string_view(cut.data(), cut.size()))) << length;
    EXPECT_LE(document.error().offset, length);
  }
}

// What would make a text legal, or a worse one, is of no matter where it stands behind the end.
TEST(JsonGrammarTest, NothingBehindTheTextIsRead) {
  const std::string text =
      R"({"a":[1,-2.5e+3,0,"x\u00e9\n\ud83d\ude00"],"b":{"c":null,"\u00e9":[true,false]},"e":[]})"
      "\xC3\xA9\xF0\x9F\x98\x80";
  JsonDocument alone;
  JsonDocument among;
  for (size_t begin = 0; begin < text.size(); ++begin) {
    for (size_t end = begin; end <= text.size(); ++end) {
      for (const char* last : {"", "]", "}"}) {
        const std::string cut = text.substr(begin, end - begin) + last;
        const bool is_legal = alone.Parse(cut);
        for (const char* behind :
             {"\"", "]", "}", ":", ",", "1", ".0", "e1", "\\\"", "\x80", "l"}) {
          const std::string more = cut + behind + Repeat("]", 8);
          ASSERT_EQ(among.Parse(absl::string_view(more).substr(0, cut.size())), is_legal) << more;
          ASSERT_EQ(among.error().offset, alone.error().offset) << more;
          ASSERT_EQ(among.error().message, alone.error().message) << more;
        }
      }
    }
  }
}

TEST(JsonGrammarTest, LimitsDepth) {
  JsonDocument document;
  const JsonLimits three = {.max_depth = 3};
  EXPECT_TRUE(document.Parse("[[[1]]]", three));
  EXPECT_TRUE(document.Parse(R"([[[1],[2]],{"a":{}}])", three));  // closed ones count no more
  EXPECT_FALSE(document.Parse(R"([{"a":[[]]}])", three));
  EXPECT_EQ(document.error().message, "lists and objects nest deeper than 3");
  EXPECT_EQ(document.error().offset, 7u);
  EXPECT_TRUE(document.Parse("1", {.max_depth = 0}));
  EXPECT_FALSE(document.Parse("[]", {.max_depth = 0}));

  EXPECT_TRUE(document.Parse(Repeat("[", 128) + Repeat("]", 128)));
  EXPECT_FALSE(document.Parse(Repeat("[", 129) + Repeat("]", 129)));
  EXPECT_EQ(document.error().offset, 128u);
  // Depth costs no stack.
  const std::string deep = Repeat("[", 2'000'000) + Repeat("]", 2'000'000);
  EXPECT_TRUE(document.Parse(deep, {.max_depth = 2'000'000}));
  EXPECT_FALSE(document.Parse(deep, {.max_depth = 1'999'999}));
}

TEST(JsonGrammarTest, LimitsBytes) {
  JsonDocument document;
  EXPECT_TRUE(document.Parse("[1,2]", {.max_bytes = 5}));
  EXPECT_FALSE(document.Parse("[1,2] ", {.max_bytes = 5}));
  EXPECT_EQ(document.error().message, "the text has 6 bytes, the limit is 5");
  EXPECT_EQ(document.error().offset, 5u);
}

TEST(JsonGrammarTest, ATextWithoutBytesBehindItIsRefusedToo) {
  JsonDocument document;
  EXPECT_FALSE(document.Parse(absl::string_view()));
}

}  // namespace
}  // namespace ostiary
