// What JsonDocument takes, what it refuses, and where and how it says so.
#include "common/json/json_document.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ostiary {
namespace {

TEST(JsonDocumentTest, KeepsValuesInOrderAsTheyCame) {
  const std::string text = R"( {"a":[1,-2.50E+3,"x"],"b":{"c":null},"d":true,"e":[],"f":{}} )";
  JsonDocument document;
  ASSERT_TRUE(document.Parse(text)) << document.error().message;
  const JsonValue root = document.root();
  EXPECT_TRUE(root.is_object());
  EXPECT_EQ(root.size(), 5u);
  std::vector<std::string> members;
  for (auto key = root.first_key(); key; key = key->next_key()) {
    members.push_back(key->string_copy() + "=" + std::string(key->member_value().raw()));
  }
  EXPECT_THAT(members, testing::ElementsAre("a=[1,-2.50E+3,\"x\"]", "b={\"c\":null}", "d=true",
                                            "e=[]", "f={}"));
  std::vector<std::string> elements;
  for (auto e = root.Find("a")->first_element(); e; e = e->next_element()) {
    elements.push_back(std::string(e->raw()));
  }
  EXPECT_THAT(elements, testing::ElementsAre("1", "-2.50E+3", "\"x\""));
  EXPECT_FALSE(root.Find("e")->first_element());
  EXPECT_FALSE(root.Find("f")->first_key());
  EXPECT_FALSE(root.Find("g"));
  EXPECT_EQ(root.offset(), 1u);
}

}  // namespace
}  // namespace ostiary
