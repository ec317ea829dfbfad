// A document that has grown to its messages allocates no more. In a program of its own, since
// it replaces operator new.
#include <string>

#include "absl/strings/str_cat.h"
#include "common/json/json_document.h"
#include "gtest/gtest.h"
#include "tests/support/allocation_counter.h"

namespace ostiary {
namespace {

std::string Object(int members) {
  std::string text = "{\"k\\u0065y\":[1,2,{\"a\":null}]";
  for (int i = 1; i < members; ++i) absl::StrAppend(&text, ",\"key", i, "\":\"a \\n string\"");
  return text + "}";
}

TEST(JsonMemoryTest, ParsingAgainAllocatesNothing) {
  const std::string large = Object(1000);
  const std::string small = Object(3);
  JsonDocument document;
  ASSERT_TRUE(document.Parse(large));
  const size_t before = allocations.load();
  bool parsed = true;
  for (int i = 0; i < 10; ++i) parsed = parsed && document.Parse(large) && document.Parse(small);
  EXPECT_EQ(allocations.load(), before);
  EXPECT_TRUE(parsed);
}

TEST(JsonMemoryTest, AskingASmallObjectAllocatesNothing) {
  const std::string text = Object(32);
  JsonDocument document;
  ASSERT_TRUE(document.Parse(text));
  const size_t before = allocations.load();
  const bool duplicate = document.root().FirstDuplicateKey().has_value();
  const bool found = document.root().Find("key31").has_value();
  const bool equal = document.root().first_key()->string_equals("key");
  EXPECT_EQ(allocations.load(), before);
  EXPECT_FALSE(duplicate);
  EXPECT_TRUE(found);
  EXPECT_TRUE(equal);
}

}  // namespace
}  // namespace ostiary
