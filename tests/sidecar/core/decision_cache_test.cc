#include "sidecar/core/decision_cache.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace ostiary::sidecar {
namespace {

AccessView Tool(absl::string_view name) { return {AccessKind::kTool, name}; }

Verdict Saying(absl::string_view message) {
  Verdict verdict;
  verdict.allowed = true;
  verdict.message = std::string(message);
  return verdict;
}

std::string Found(DecisionCache& cache, const AccessView& access) {
  const Verdict* const verdict = cache.Find(access);
  return verdict == nullptr ? "none" : verdict->message;
}

TEST(DecisionCacheTest, KeepsKindsAndNamesApart) {
  DecisionCache cache(10);
  cache.Insert(Tool("a"), Saying("tool a"));
  cache.Insert({AccessKind::kPrompt, "a"}, Saying("prompt a"));
  cache.Insert(Tool(""), Saying("tool without a name"));
  cache.Insert({AccessKind::kServer, ""}, Saying("server"));
  const std::string with_nul("a\0", 2);
  cache.Insert(Tool(with_nul), Saying("tool a NUL"));
  EXPECT_EQ(Found(cache, Tool("a")), "tool a");
  EXPECT_EQ(Found(cache, {AccessKind::kPrompt, "a"}), "prompt a");
  EXPECT_EQ(Found(cache, {AccessKind::kServer, ""}), "server");
  EXPECT_EQ(Found(cache, Tool("")), "tool without a name");
  EXPECT_EQ(Found(cache, Tool(with_nul)), "tool a NUL");
  EXPECT_EQ(Found(cache, {AccessKind::kResource, "a"}), "none");
  EXPECT_EQ(Found(cache, Tool("A")), "none");
  EXPECT_FALSE(Tool("a") == AccessView(AccessKind::kPrompt, "a"));  // whatever their hashes
}

TEST(DecisionCacheTest, TheNameNeedNotOutliveTheCall) {
  DecisionCache cache(10);
  {
    std::string name = "a name that is too long to be kept in place";
    cache.Insert(Tool(name), Saying("it"));
    name.assign(name.size(), 'x');
  }
  EXPECT_EQ(Found(cache, Tool("a name that is too long to be kept in place")), "it");
}

TEST(DecisionCacheTest, TheLeastRecentlyUsedGoesFirst) {
  DecisionCache cache(3);
  for (const char* name : {"a", "b", "c"}) cache.Insert(Tool(name), Saying(name));
  EXPECT_EQ(Found(cache, Tool("a")), "a");     // b is the oldest now
  cache.Insert(Tool("c"), Saying("c again"));  // and stays so
  cache.Insert(Tool("d"), Saying("d"));
  EXPECT_EQ(Found(cache, Tool("b")), "none");
  EXPECT_EQ(Found(cache, Tool("a")), "a");
  EXPECT_EQ(Found(cache, Tool("c")), "c again");
  EXPECT_EQ(Found(cache, Tool("d")), "d");
  EXPECT_EQ(cache.size(), 3U);
}

TEST(DecisionCacheTest, NeverGrowsPastItsCapacity) {
  DecisionCache cache(100);
  for (int i = 0; i < 10'000; ++i) {
    cache.Insert(Tool(absl::StrCat("tool", i)), Saying("x"));
    ASSERT_LE(cache.size(), 100U);
  }
  EXPECT_EQ(Found(cache, Tool("tool9900")), "x");
  EXPECT_EQ(Found(cache, Tool("tool9899")), "none");
}

TEST(DecisionCacheTest, KeepsNothingUnderANameThatIsTooLong) {
  DecisionCache cache(10);
  const std::string fits(DecisionCache::kMaxNameBytes, 'x');
  cache.Insert(Tool(fits), Saying("fits"));
  cache.Insert(Tool(fits + "x"), Saying("does not"));
  EXPECT_EQ(Found(cache, Tool(fits)), "fits");
  EXPECT_EQ(Found(cache, Tool(fits + "x")), "none");
}

TEST(DecisionCacheTest, ClearForgetsAll) {
  DecisionCache cache(10);
  cache.Insert(Tool("a"), Saying("a"));
  cache.Clear();
  EXPECT_EQ(Found(cache, Tool("a")), "none");
  cache.Insert(Tool("a"), Saying("anew"));
  EXPECT_EQ(Found(cache, Tool("a")), "anew");
}

TEST(DecisionCacheTest, WithNoCapacityKeepsNothing) {
  DecisionCache cache(0);
  cache.Insert(Tool("a"), Saying("a"));
  EXPECT_EQ(Found(cache, Tool("a")), "none");
}

}  // namespace
}  // namespace ostiary::sidecar
