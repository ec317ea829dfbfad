#include "sidecar/pdp_client/backoff.h"

#include "gtest/gtest.h"

namespace ostiary::sidecar {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, StartsAtOnceAndDoublesToItsCeiling) {
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    Backoff backoff(milliseconds(50), milliseconds(300), seed);
    EXPECT_LE(backoff.Next(), milliseconds(50));
    for (const int span : {100, 200, 300, 300, 300}) {
      const MonoDuration wait = backoff.Next();
      EXPECT_GE(wait, milliseconds(span) / 2) << "seed " << seed;
      EXPECT_LE(wait, milliseconds(span)) << "seed " << seed;
    }
    backoff.Reset();
    EXPECT_LE(backoff.Next(), milliseconds(50));
  }
}

TEST(Backoff, SpreadsThoseThatFailedTogether) {
  Backoff one(milliseconds(50), milliseconds(300), 1);
  Backoff other(milliseconds(50), milliseconds(300), 2);
  EXPECT_NE(one.Next(), other.Next());
}

}  // namespace
}  // namespace ostiary::sidecar
