// Every subset of a list, cut out by FilterEdits, against a list put together from the kept
// elements.
#include "sidecar/core/list_filter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/json/json_document.h"

namespace ostiary::sidecar {
namespace {

std::vector<std::string> Names(const std::string& line) {
  JsonDocument document;
  EXPECT_TRUE(document.Parse(line)) << line << document.error().message;
  std::vector<std::string> names;
  for (auto e = document.root().Find("tools")->first_element(); e; e = e->next_element()) {
    names.push_back(e->Find("name")->string_copy());
  }
  return names;
}

absl::StatusOr<ListPlan> ReadTools(const JsonValue& result, absl::string_view line,
                                   std::vector<Access>* accesses) {
  return ReadList(result, ListKind::kTools, ListCaching::kAsItCame, TaskTable(0), line, accesses);
}

TEST(ListFilterTest, EverySubsetKeepsItsElementsInOrderAndAllElseAsItCame) {
  const std::string head = R"({"a":[1 ,2],"tools" :)";
  const std::string tail = R"( , "nextCursor":"x" })";
  const std::string line = head +
                           "[ {\"name\":\"0\"}\t, {\"name\":\"1\",\"x\":[{\"name\":\"2\"}]}," +
                           R"({"name":"2"} ,  {"name":"3"} ])" + tail;
  JsonDocument document;
  ASSERT_TRUE(document.Parse(line)) << document.error().message;
  std::vector<Access> accesses;
  const absl::StatusOr<ListPlan> plan = ReadTools(document.root(), line, &accesses);
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_EQ(accesses.size(), 4U);
  for (unsigned subset = 0; subset < 16; ++subset) {
    const auto keep = [subset](uint32_t access) { return (subset >> access & 1U) != 0; };
    const std::string filtered = ApplyEdits(line, FilterEdits(*plan, keep));
    std::vector<std::string> wanted;
    for (unsigned i = 0; i < 4; ++i) {
      if (keep(i)) wanted.push_back(absl::StrCat(i));
    }
    EXPECT_EQ(Names(filtered), wanted) << filtered;
    EXPECT_EQ(filtered.substr(0, head.size()), head);
    EXPECT_EQ(filtered.substr(filtered.size() - tail.size()), tail);
  }
  EXPECT_TRUE(FilterEdits(*plan, [](uint32_t) { return true; }).empty());
}

TEST(ListFilterTest, ReadsAListOfTheGreatestLengthAndNoLonger) {
  std::string tools;
  for (size_t i = 0; i < kMaxListElements; ++i) {
    absl::StrAppend(&tools, i == 0 ? "" : ",", R"({"name":")", i % 10, "\"}");
  }
  JsonDocument document;
  std::vector<Access> accesses;
  std::string line = absl::StrCat(R"({"tools":[)", tools, "]}");
  ASSERT_TRUE(document.Parse(line));
  const absl::StatusOr<ListPlan> plan = ReadTools(document.root(), line, &accesses);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->elements.size(), kMaxListElements);
  EXPECT_EQ(accesses.size(), 10U) << "one for each different name";

  line = absl::StrCat(R"({"tools":[)", tools, R"(,{"name":"x"}]})");
  ASSERT_TRUE(document.Parse(line));
  EXPECT_EQ(ReadTools(document.root(), line, &accesses).status().message(),
            "\"tools\" has more than 10000 elements");
}

TEST(ListFilterTest, SaysWhatItCannotRead) {
  const struct {
    const char* result;
    const char* why;
  } cases[] = {
      {"[]", "its result is a list"},
      {R"({"tools":1})", "its result has no list \"tools\""},
      {R"({"tools":[],"tools":[]})", "its result has a key twice"},
      {R"({"tools":[{"name":"a"},7]})", "element 1 of \"tools\" is a number"},
      {R"({"tools":[{"name":"a","name":"b"}]})", "element 0 of \"tools\" has a key twice"},
      {R"({"tools":[{}]})",
       "element 0 of \"tools\" has no \"name\" that is a string without NUL and broken surrogate "
       "pairs"},
  };
  for (const auto& c : cases) {
    JsonDocument document;
    ASSERT_TRUE(document.Parse(c.result));
    std::vector<Access> accesses;
    EXPECT_EQ(ReadTools(document.root(), c.result, &accesses).status().message(), c.why);
  }
}

}  // namespace
}  // namespace ostiary::sidecar
