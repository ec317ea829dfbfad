// What is counted is exact, from one thread and from many, and no report of a sidecar spoils it.
#include "pdp/metrics/counts.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"

namespace ostiary::pdp {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

// More than there are shards, so that some share one.
constexpr size_t kThreads = kMetricShards + 4;
constexpr uint64_t kRounds = 2'000;

// Runs `work` in all threads at once, and waits for them.
template <typename Work>
void InThreads(const Work& work) {
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&work] {
      for (uint64_t round = 0; round < kRounds; ++round) work();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(DecisionCountsTest, CountsOfManyThreadsAddUpAndOthersStayZero) {
  DecisionCounts counts;
  const Decision denied{Effect::kDeny, Reason::kPatternDeny, {}};
  const Decision allowed{Effect::kAllow, Reason::kPromptNotAllowed, {}};  // the last of all cells
  DecisionTally batch;
  for (int i = 0; i < 3; ++i) batch.Add(allowed);
  InThreads([&] {
    counts.Count(denied);
    counts.Count(batch);
    EXPECT_LE(counts.Read().Of(Effect::kDeny, Reason::kPatternDeny), kThreads * kRounds);
  });
  const DecisionTally sum = counts.Read();
  EXPECT_EQ(sum.Of(Effect::kDeny, Reason::kPatternDeny), kThreads * kRounds);
  EXPECT_EQ(sum.Of(Effect::kAllow, Reason::kPromptNotAllowed), 3 * kThreads * kRounds);
  EXPECT_EQ(sum.Of(Effect::kDeny, Reason::kUnspecified), 0u);
  EXPECT_EQ(sum.Of(Effect::kAllow, Reason::kPatternDeny), 0u);
}

TEST(CallTimesTest, ATimeBelongsToTheFirstBucketThatIsNotShorter) {
  const struct {
    MonoDuration took;
    size_t bucket;
  } cases[] = {
      {nanoseconds(0), 0},           {nanoseconds(1), 0},
      {microseconds(1), 0},          {nanoseconds(1001), 1},
      {nanoseconds(2500), 1},        {nanoseconds(2501), 2},
      {microseconds(100), 6},        {microseconds(101), 7},
      {std::chrono::seconds(1), 15}, {nanoseconds(1'000'000'001), 16},
      {std::chrono::hours(24), 16},
  };
  for (const auto& c : cases) {
    CallTimes times;
    times.Count(Rpc::kBatchCheck, c.took);
    const CallHistogram histogram = times.Read(Rpc::kBatchCheck);
    for (size_t i = 0; i < histogram.buckets.size(); ++i) {
      EXPECT_EQ(histogram.buckets[i], i == c.bucket ? 1u : 0u)
          << c.took.count() << " ns, bucket " << i;
    }
    EXPECT_EQ(histogram.sum, c.took);
    EXPECT_EQ(times.Read(Rpc::kCheck).sum, MonoDuration());
  }
  EXPECT_TRUE(std::is_sorted(kCallTimeBounds.begin(), kCallTimeBounds.end()));
}

TEST(CallTimesTest, ATimerCountsTheTimeThatItLived) {
  FakeClock clock;
  CallTimes times;
  {
    const CallTimer timer(Rpc::kSessionCheck, clock, &times);
    clock.Advance(microseconds(7));
  }
  const CallHistogram histogram = times.Read(Rpc::kSessionCheck);
  EXPECT_EQ(histogram.buckets[3], 1u);
  EXPECT_EQ(histogram.sum, microseconds(7));
}

TEST(CallTimesTest, CallsOfManyThreadsAddUp) {
  CallTimes times;
  InThreads([&] {
    times.Count(Rpc::kCheck, microseconds(3));
    (void)times.Read(Rpc::kCheck);
  });
  const CallHistogram histogram = times.Read(Rpc::kCheck);
  EXPECT_EQ(histogram.buckets[2], kThreads * kRounds);
  EXPECT_EQ(histogram.sum, microseconds(3) * kThreads * kRounds);
}

TEST(CacheUsageCountTest, AnAbsurdReportIsCutAndTheSumNeverWraps) {
  CacheUsageCount count;
  count.Add(5);
  EXPECT_EQ(count.Read(), 5u);
  count.Add(std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(count.Read(), 5 + CacheUsageCount::kMostOfReport);
  // As many as would wrap a sum without an end many times over.
  uint64_t before = count.Read();
  for (int i = 0; i < (1 << 22); ++i) {
    count.Add(std::numeric_limits<uint64_t>::max());
    ASSERT_GE(count.Read(), before);
    before = count.Read();
  }
  EXPECT_EQ(count.Read(), CacheUsageCount::kMost);
}

TEST(CacheUsageCountTest, ReportsOfManyThreadsAddUp) {
  CacheUsageCount count;
  InThreads([&] { count.Add(3); });
  EXPECT_EQ(count.Read(), 3 * kThreads * kRounds);
}

TEST(RefusalCountsTest, EachReasonHasANameAndACountOfItsOwn) {
  RefusalCounts counts;
  std::set<std::string> names;
  for (const Refusal refusal : kRefusals) {
    EXPECT_TRUE(names.insert(std::string(RefusalName(refusal))).second) << RefusalName(refusal);
    for (size_t i = 0; i <= static_cast<size_t>(refusal); ++i) counts.Count(refusal);
  }
  for (const Refusal refusal : kRefusals) {
    EXPECT_EQ(counts.Read(refusal), static_cast<size_t>(refusal) + 1) << RefusalName(refusal);
  }
}

}  // namespace
}  // namespace ostiary::pdp
