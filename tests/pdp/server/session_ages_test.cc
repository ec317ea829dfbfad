#include "pdp/server/session_ages.h"

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ostiary::pdp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr MonoTime kStart{};
constexpr MonoDuration kAge = std::chrono::seconds(100);
constexpr uint32_t kSeed = 7;

MonoTime At(double part) { return kStart + std::chrono::duration_cast<MonoDuration>(kAge * part); }

TEST(SessionAgesTest, EachEndsAtRandomBeforeItsConnectionDoes) {
  SessionAges ages(absl::FromChrono(kAge), kSeed);
  for (uint64_t number = 0; number < 1000; ++number) ages.Add(number, kStart);
  EXPECT_THAT(ages.TakeDue(At(0.699)), IsEmpty());
  // About half of them by the middle: they do not come all at once.
  const size_t early = ages.TakeDue(At(0.8)).size();
  EXPECT_GT(early, 400u);
  EXPECT_LT(early, 600u);
  // gRPC says goodbye to the first connections at 0.9.
  EXPECT_THAT(ages.TakeDue(At(0.9)), SizeIs(1000 - early));
  EXPECT_THAT(ages.TakeDue(At(10)), IsEmpty());
}

TEST(SessionAgesTest, EachIsDueOnceAndAgesFromItsOwnStart) {
  SessionAges ages(absl::FromChrono(kAge), kSeed);
  ages.Add(1, kStart);
  ages.Add(2, At(1));
  EXPECT_THAT(ages.TakeDue(At(0.9)), ElementsAre(1));
  EXPECT_THAT(ages.TakeDue(At(1.6)), IsEmpty());
  EXPECT_THAT(ages.TakeDue(At(1.9)), ElementsAre(2));
}

TEST(SessionAgesTest, OneThatIsGoneIsNeverDue) {
  SessionAges ages(absl::FromChrono(kAge), kSeed);
  ages.Add(1, kStart);
  ages.Add(2, kStart);
  ages.Remove(1);
  ages.Remove(1);  // again
  ages.Remove(3);  // never there
  EXPECT_THAT(ages.TakeDue(At(1)), ElementsAre(2));
  ages.Remove(2);
}

TEST(SessionAgesTest, AgesThatNoClockReachesNeverEnd) {
  const MonoTime start = kStart + std::chrono::hours(1);
  SessionAges ages(absl::Hours(9'999'999), kSeed);
  ages.Add(1, start);
  EXPECT_THAT(ages.TakeDue(start + std::chrono::hours(24)), IsEmpty());
}

TEST(SessionAgesTest, InfiniteAgesNeverEnd) {
  SessionAges ages(absl::InfiniteDuration(), kSeed);
  ages.Add(1, kStart);
  EXPECT_THAT(ages.TakeDue(MonoTime::max()), IsEmpty());
}

}  // namespace
}  // namespace ostiary::pdp
