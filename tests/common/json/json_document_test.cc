// What a parsed document tells: values, strings, keys, and how it uses its memory again.
#include "common/json/json_document.h"

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ostiary {
namespace {

using ::testing::ElementsAre;

// A document with its text.
struct Parsed {
  explicit Parsed(std::string json) : text(std::move(json)) {
    EXPECT_TRUE(document.Parse(text)) << text << ": " << document.error().message;
  }
  JsonValue root() const { return document.root(); }

  const std::string text;
  JsonDocument document;
};

TEST(JsonDocumentTest, KeepsValuesInOrderAsTheyCame) {
  const Parsed parsed(R"( {"a":[1,-2.50E+3,"x"],"b":{"c":null},"d":true,"e":[],"f":{}} )");
  const JsonValue root = parsed.root();
  EXPECT_EQ(root.size(), 5u);
  EXPECT_EQ(root.offset(), 1u);
  std::vector<std::string> members;
  for (auto key = root.first_key(); key; key = key->next_key()) {
    members.push_back(absl::StrCat(key->string_copy(), "=", key->member_value().raw()));
  }
  EXPECT_THAT(members,
              ElementsAre("a=[1,-2.50E+3,\"x\"]", "b={\"c\":null}", "d=true", "e=[]", "f={}"));
  std::vector<std::string> elements;
  for (auto e = root.Find("a")->first_element(); e; e = e->next_element()) {
    elements.emplace_back(e->raw());
  }
  EXPECT_THAT(elements, ElementsAre("1", "-2.50E+3", "\"x\""));
}

TEST(JsonDocumentTest, EndsEveryIteration) {
  const Parsed parsed(R"({"e":[],"f":{},"g":[[1],[2]]})");
  EXPECT_FALSE(parsed.root().Find("e")->first_element());
  EXPECT_FALSE(parsed.root().Find("f")->first_key());
  EXPECT_FALSE(parsed.root().next_element());
  const JsonValue first = *parsed.root().Find("g")->first_element();
  EXPECT_FALSE(first.first_element()->next_element());
  EXPECT_EQ(first.next_element()->raw(), "[2]");
  EXPECT_FALSE(first.next_element()->next_element());
  // A member's value is no element, whatever follows the member.
  EXPECT_FALSE(parsed.root().Find("e")->next_element());
}

TEST(JsonDocumentTest, NamesTypes) {
  const Parsed parsed(R"([null,true,1,"s",[],{}])");
  std::vector<std::string> names;
  for (auto e = parsed.root().first_element(); e; e = e->next_element()) {
    names.emplace_back(JsonTypeName(e->type()));
  }
  EXPECT_THAT(names,
              ElementsAre("null", "a boolean", "a number", "a string", "a list", "an object"));
  EXPECT_TRUE(parsed.root().first_element()->is_null());
  EXPECT_TRUE(parsed.root().is_array());
}

TEST(JsonDocumentTest, ReadsBooleans) {
  EXPECT_TRUE(Parsed("true").root().bool_value());
  EXPECT_FALSE(Parsed(" false").root().bool_value());
}

TEST(JsonDocumentTest, ReadsWholeNumbersThatFit) {
  const struct {
    std::string text;
    std::optional<int64_t> value;
  } kCases[] = {
      {"0", 0},
      {"-1", -1},
      {"9223372036854775807", std::numeric_limits<int64_t>::max()},
      {"-9223372036854775808", std::numeric_limits<int64_t>::min()},
      {"9223372036854775808", std::nullopt},
      {"-9223372036854775809", std::nullopt},
      {"18446744073709551617", std::nullopt},  // 1, were it to wrap around
      {"-0", std::nullopt},
      {"1.0", std::nullopt},
      {"1e3", std::nullopt},
      {"1E3", std::nullopt},
  };
  for (const auto& c : kCases) EXPECT_EQ(Parsed(c.text).root().int64_value(), c.value) << c.text;
}

TEST(JsonDocumentTest, DecodesStrings) {
  const struct {
    std::string text;
    std::string value;
  } kCases[] = {
      {R"("")", ""},
      {R"("plain")", "plain"},
      {R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t"},
      {R"("a\u0041b")", "aAb"},
      {R"("\u0000")", std::string(1, '\0')},
      {R"("\u007f\u0080\u07ff\u0800\uffff")", "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF"},
      {R"("\uD83D\uDE00")", "\xF0\x9F\x98\x80"},
      {R"("\ud800\udc00\uDBFF\uDFFF")", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"},
      {"\"\xC3\xA9\\u00E9\"", "\xC3\xA9\xC3\xA9"},
      {R"("\\u0041")", "\\u0041"},
      // Half a pair is the replacement character, and what follows is itself.
      {R"("\uD800")", "\xEF\xBF\xBD"},
      {R"("\uDC00x")", "\xEF\xBF\xBDx"},
      {R"("\uD800\u0041")",
       "\xEF\xBF\xBD"
       "A"},
      {R"("\uD800\uD83D\uDE00")", "\xEF\xBF\xBD\xF0\x9F\x98\x80"},
      {R"("\uD800\n")", "\xEF\xBF\xBD\n"},
  };
  for (const auto& c : kCases) {
    const Parsed parsed(c.text);
    std::string scratch = "left over";
    EXPECT_EQ(parsed.root().string_value(&scratch), c.value) << c.text;
    EXPECT_EQ(parsed.root().string_copy(), c.value) << c.text;
    EXPECT_TRUE(parsed.root().string_equals(c.value)) << c.text;
    EXPECT_FALSE(parsed.root().string_equals(c.value + "x")) << c.text;
    if (!c.value.empty()) {
      EXPECT_FALSE(parsed.root().string_equals(c.value.substr(1))) << c.text;
      EXPECT_FALSE(parsed.root().string_equals(c.value.substr(0, c.value.size() - 1))) << c.text;
    }
  }
}

TEST(JsonDocumentTest, AStringWithoutEscapesIsAViewOfTheText) {
  const Parsed parsed("[\"abc\"]");
  std::string scratch = "untouched";
  const JsonValue value = *parsed.root().first_element();
  EXPECT_FALSE(value.has_escapes());
  EXPECT_EQ(value.string_value(&scratch).data(), parsed.text.data() + 2);
  EXPECT_EQ(scratch, "untouched");
}

TEST(JsonDocumentTest, MarksLoneSurrogates) {
  const struct {
    std::string text;
    bool lone;
  } kCases[] = {
      {R"("\uD83D\uDE00")", false},
      {R"("\uD7FF\uE000")", false},
      {R"("\\uD800")", false},
      {R"("\uD800")", true},
      {R"("\uDFFF")", true},
      {R"("\uDE00\uD83D")", true},
      {R"("\uD83D\uD83D\uDE00")", true},
      {R"("\uD83D\uDE00\uDE00")", true},
      {R"("\uD83Dx\uDE00")", true},
  };
  for (const auto& c : kCases) {
    const Parsed parsed(c.text);
    EXPECT_EQ(parsed.root().has_lone_surrogate(), c.lone) << c.text;
    EXPECT_TRUE(parsed.root().has_escapes()) << c.text;
  }
  const Parsed key(R"({"\uD800":"fine"})");
  EXPECT_TRUE(key.root().first_key()->has_lone_surrogate());
  EXPECT_FALSE(key.root().first_key()->member_value().has_lone_surrogate());
}

TEST(JsonDocumentTest, FindsTheFirstOfEqualKeysByItsDecodedName) {
  const Parsed parsed(R"({"\u0061":1,"a":2,"A":3})");
  EXPECT_EQ(parsed.root().Find("a")->raw(), "1");
  EXPECT_EQ(parsed.root().Find("A")->raw(), "3");
  EXPECT_FALSE(parsed.root().Find(""));
  EXPECT_FALSE(parsed.root().Find("aa"));
}

// `members` before and as many after, so that each case runs with few members and with many.
std::string Surrounded(const std::string& keys, int members) {
  std::string text = "{";
  for (int i = 0; i < members; ++i) absl::StrAppend(&text, "\"before", i, "\":0,");
  text += keys;
  for (int i = 0; i < members; ++i) absl::StrAppend(&text, ",\"after", i, "\":0");
  return text + "}";
}

TEST(JsonDocumentTest, FindsTheFirstDuplicateKey) {
  const struct {
    std::string members;
    std::string duplicate;  // its raw text; empty where there is none
  } kCases[] = {
      {R"("a":1,"b":2,"c":3)", ""},
      {R"("a":1,"b":2,"a":3)", R"("a")"},
      {R"("a":1,"\u0061":2)", R"("\u0061")"},
      {R"("\u0061":1,"a":2)", R"("a")"},
      {R"("\u0061b\u0063":1,"a\u0062c":2)", R"("a\u0062c")"},
      {R"("\ud83d\ude00":1,")"
       "\xF0\x9F\x98\x80"
       R"(":2)",
       "\"\xF0\x9F\x98\x80\""},
      {R"("x":1,"y":1,"\u0079":2,"x":2)", R"("\u0079")"},  // the first to repeat one
      {R"("\u0061":1,"\u0062":2,"a":3)", R"("a")"},
      {R"("":1,"":2)", R"("")"},
      {R"("\/":1,"/":2)", R"("/")"},
      // Not equal: case, a prefix, an escaped backslash, the values, keys of another object.
      {R"("a":1,"A":2)", ""},
      {R"("a":1,"a\u0062":2,"a\u0063":3,"a\u0062\u0062":4)", ""},
      {R"("\u0061":1,"\\u0061":2)", ""},
      {R"("a":"a","b":"a")", ""},
      {R"("a":{"b":1},"b":{"a":1})", ""},
      {R"("a":[{"b":1,"b":2}])", ""},
      // Halves of pairs cannot be told apart once decoded.
      {R"("\ud800":1,"\udc00":2)", R"("\udc00")"},
  };
  for (const int around : {0, 5, 15, 16, 100}) {
    for (const auto& c : kCases) {
      const std::string text = around == 0 ? "{" + c.members + "}" : Surrounded(c.members, around);
      const Parsed parsed(text);
      const std::optional<JsonValue> duplicate = parsed.root().FirstDuplicateKey();
      EXPECT_EQ(duplicate ? std::string(duplicate->raw()) : "", c.duplicate) << text;
      if (duplicate) {
        EXPECT_EQ(duplicate->offset(), parsed.text.rfind(c.duplicate + ":")) << text;
      }
    }
  }
  EXPECT_FALSE(Parsed("{}").root().FirstDuplicateKey());
}

TEST(JsonDocumentTest, ADocumentIsUsedAgainAfterErrors) {
  JsonDocument document;
  ASSERT_FALSE(document.Parse("[1,{\"a\":"));
  ASSERT_TRUE(document.Parse("[2]"));
  EXPECT_TRUE(document.error().message.empty());
  EXPECT_EQ(document.root().first_element()->raw(), "2");
  EXPECT_EQ(document.text(), "[2]");
}

TEST(JsonDocumentTest, ADocumentUsedAgainKnowsNothingOfTheTextBefore) {
  JsonDocument document;
  ASSERT_TRUE(document.Parse("[\n\"\\ud800\",[1,2],3]"));
  EXPECT_TRUE(document.has_line_breaks());
  ASSERT_TRUE(document.Parse(R"(["a","b","c","d","e"])"));
  EXPECT_FALSE(document.has_line_breaks());
  for (auto e = document.root().first_element(); e; e = e->next_element()) {
    EXPECT_FALSE(e->has_escapes());
    EXPECT_FALSE(e->has_lone_surrogate());
    EXPECT_EQ(e->size(), 0u);
  }
}

// What a huge text took is given back before the next, small one is read.
TEST(JsonDocumentTest, ADocumentIsUsedAgainAfterAHugeText) {
  std::string huge = "[0";
  for (int i = 1; i < 100'000; ++i) huge += ",0";
  huge += "]";
  JsonDocument document;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(document.Parse(huge));
    EXPECT_EQ(document.root().size(), 100'000u);
    ASSERT_TRUE(document.Parse("[1,2]"));
    EXPECT_EQ(document.root().size(), 2u);
    EXPECT_EQ(document.root().first_element()->next_element()->raw(), "2");
  }
}

TEST(JsonDocumentTest, KnowsOfLineBreaksBetweenTokensAlone) {
  for (const char* text : {"[1]", R"(["\n\r"])", " [\t1 ]\t"}) {
    EXPECT_FALSE(Parsed(text).document.has_line_breaks()) << text;
  }
  for (const char* text : {"\n[1]", "[1]\r", "[1\r]", "[\r\n1]", "{\"a\"\r:1}", "{\"a\":\n1}"}) {
    EXPECT_TRUE(Parsed(text).document.has_line_breaks()) << text;
  }
}

struct Pieces {
  const char* text;
  std::vector<std::string> members;  // as handed out
  const char* rest;                  // the root's members and their sizes
};

TEST(JsonDocumentTest, HandsOutTheMembersOfOneObjectOfTheRoot) {
  const Pieces kCases[] = {
      {R"({"a":1,"k":{"x":[1,{"y":2}],"z":"s","e":{}},"b":[1,2]})",
       {"x=[1,{\"y\":2}]", "z=\"s\"", "e={}"},
       "a b2"},
      {R"({"\u006b":{"x":1}})", {"x=1"}, ""},
      {R"({"k":{}})", {}, ""},
      {R"({"k":{"k":{"x":1}}})", {"k={\"x\":1}"}, ""},
      // Not that of a deeper object, not one that is none, and only the first of the name.
      {R"({"a":{"k":{"x":1}}})", {}, "a1"},
      {R"({"k":[{"x":1}]})", {}, "k1"},
      {R"({"k":null,"k":{"x":1}})", {}, "k k1"},
      {R"({"k":{"x":1},"k":{"x":1}})", {"x=1"}, "k1"},
      {R"([{"k":{"x":1}}])", {}, ""},
      {R"(["k",{"x":1}])", {}, ""},
  };
  for (const Pieces& c : kCases) {
    std::vector<std::string> members;
    const auto visit = [&](JsonValue key) {
      EXPECT_FALSE(key.next_key()) << c.text;
      members.push_back(absl::StrCat(key.string_copy(), "=", key.member_value().raw()));
    };
    const JsonPieces pieces{"k", visit};
    JsonDocument document;
    ASSERT_TRUE(document.Parse(c.text, {}, &pieces)) << c.text;
    EXPECT_EQ(members, c.members) << c.text;
    EXPECT_EQ(document.root().raw(), c.text);
    std::vector<std::string> rest;
    for (auto key = document.root().is_object() ? document.root().first_key() : std::nullopt; key;
         key = key->next_key()) {
      const size_t size = key->member_value().size();
      if (key->string_equals("k") && size == 0 && key->member_value().is_object()) continue;
      rest.push_back(absl::StrCat(key->string_copy(), size == 0 ? "" : absl::StrCat(size)));
    }
    EXPECT_EQ(absl::StrJoin(rest, " "), c.rest) << c.text;
  }
}

TEST(JsonDocumentTest, HandsOutWhatComesBeforeAnError) {
  int handed_out = 0;
  const auto visit = [&](JsonValue) { ++handed_out; };
  const JsonPieces pieces{"k", visit};
  JsonDocument document;
  EXPECT_FALSE(document.Parse(R"({"k":{"a":1,"b":[2,}})", {}, &pieces));
  EXPECT_EQ(document.error().offset, 19u);
  EXPECT_EQ(handed_out, 1);
}

}  // namespace
}  // namespace ostiary
