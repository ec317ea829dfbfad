// Strings written as JSON: always valid, always what was given where that is UTF-8.
#include "common/json/json_write.h"

#include <string>

#include "common/json/json_document.h"
#include "gtest/gtest.h"

namespace ostiary {
namespace {

TEST(JsonWriteTest, WritesStrings) {
  const struct {
    std::string text;
    std::string json;
  } kCases[] = {
      {"", R"("")"},
      {"plain", R"("plain")"},
      {"a \"quote\" and a \\", R"("a \"quote\" and a \\")"},
      {"\n\r\t", R"("\n\r\t")"},
      {std::string("\0\x01\x1F", 3), R"("\u0000\u0001\u001f")"},
      {"\x7F/'<>&", "\"\x7F/'<>&\""},
      {"caf\xC3\xA9 \xF0\x9F\x98\x80", "\"caf\xC3\xA9 \xF0\x9F\x98\x80\""},
      {"a\xC2\x85\xE2\x80\xA8\xE2\x80\xA9z", R"("a\u0085\u2028\u2029z")"},
      {"\xC2\x86\xE2\x80\xA7\xE2\x80\xAA", "\"\xC2\x86\xE2\x80\xA7\xE2\x80\xAA\""},
      // Each byte that belongs to no character becomes a replacement character.
      {"a\x80z", "\"a\xEF\xBF\xBDz\""},
      {"\xC0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"a long one, past sixteen bytes \" and then \n some more of it",
       R"("a long one, past sixteen bytes \" and then \n some more of it")"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(JsonString(c.text), c.json);
    std::string appended = "x:";
    AppendJsonString(c.text, &appended);
    EXPECT_EQ(appended, "x:" + c.json);
  }
}

TEST(JsonWriteTest, EveryPairOfBytesIsReadBack) {
  JsonDocument document;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second)};
      const std::string json = JsonString(text);
      ASSERT_TRUE(document.Parse(json)) << first << " " << second;
      if (first < 0x80 && second < 0x80) {
        ASSERT_EQ(document.root().string_copy(), text) << first << " " << second;
      }
    }
  }
}

}  // namespace
}  // namespace ostiary
