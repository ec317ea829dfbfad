// What a task belongs to, and that the table is bounded.
#include "sidecar/core/task_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace ostiary::sidecar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsNull;
using ::testing::Pointee;

AccessView Tool(absl::string_view name) { return {AccessKind::kTool, name}; }

TEST(TaskTableTest, ATaskBelongsToEachMakerOnce) {
  TaskTable tasks(10);
  const AccessView prompt(AccessKind::kPrompt, "a");
  EXPECT_TRUE(tasks.Add("t", Tool("a")));
  EXPECT_TRUE(tasks.Add("t", Tool("b")));
  EXPECT_TRUE(tasks.Add("t", Tool("a")));
  EXPECT_TRUE(tasks.Add("t", prompt));
  EXPECT_TRUE(tasks.Add("u", Tool("c")));
  EXPECT_THAT(tasks.Find("t"),
              Pointee(ElementsAre(Tool("a").Copy(), Tool("b").Copy(), prompt.Copy())));
  EXPECT_THAT(tasks.Find("u"), Pointee(ElementsAre(Tool("c").Copy())));
  EXPECT_THAT(tasks.Find("v"), IsNull());
}

TEST(TaskTableTest, MoreMakersThanATaskCanHaveAreNotKept) {
  TaskTable tasks(10);
  for (size_t i = 0; i < TaskTable::kMaxMakersOfATask; ++i) {
    EXPECT_TRUE(tasks.Add("t", Tool(absl::StrCat("tool", i))));
  }
  EXPECT_FALSE(tasks.Add("t", Tool("one more")));
  EXPECT_TRUE(tasks.Add("t", Tool("tool0")));
  EXPECT_EQ(tasks.Find("t")->size(), TaskTable::kMaxMakersOfATask);
}

TEST(TaskTableTest, ALongIdIsNotKept) {
  TaskTable tasks(10);
  const std::string fits(TaskTable::kMaxIdBytes, 'x');
  EXPECT_TRUE(tasks.Add(fits, Tool("a")));
  EXPECT_FALSE(tasks.Add(fits + "x", Tool("a")));
  EXPECT_THAT(tasks.Find(fits), Pointee(ElementsAre(Tool("a").Copy())));
  EXPECT_THAT(tasks.Find(fits + "x"), IsNull());
}

TEST(TaskTableTest, TheOldestGoesFirst) {
  TaskTable tasks(2);
  for (const char* id : {"1", "2", "3"}) EXPECT_TRUE(tasks.Add(id, Tool("a")));
  EXPECT_THAT(tasks.Find("1"), IsNull());
  EXPECT_THAT(tasks.Find("2"), Pointee(ElementsAre(Tool("a").Copy())));
  EXPECT_THAT(tasks.Find("3"), Pointee(ElementsAre(Tool("a").Copy())));
}

TEST(TaskTableTest, WithNoCapacityKeepsNothing) {
  TaskTable tasks(0);
  EXPECT_FALSE(tasks.Add("t", Tool("a")));
  EXPECT_THAT(tasks.Find("t"), IsNull());
}

}  // namespace
}  // namespace ostiary::sidecar
