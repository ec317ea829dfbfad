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
  }
}

TEST(Backoff, StartsOverAfterWhatLastedAsLongAsItsWait) {
  struct Case {
    int lasted;
    int next;  // the longest wait behind it
  };
  // The longest wait before it was 200 ms.
  for (const Case& one : {Case{0, 300}, Case{199, 300}, Case{200, 50}, Case{100'000, 50}}) {
    for (uint32_t seed = 1; seed <= 50; ++seed) {
      Backoff backoff(milliseconds(50), milliseconds(300), seed);
      for (int attempt = 0; attempt < 3; ++attempt) backoff.Next();
      backoff.Worked(milliseconds(one.lasted));
      const MonoDuration wait = backoff.Next();
      EXPECT_LE(wait, milliseconds(one.next)) << one.lasted << " seed " << seed;
      if (one.next > 50) {
        EXPECT_GE(wait, milliseconds(one.next) / 2) << one.lasted << " seed " << seed;
      }
    }
  }
}

// Sessions that end with tokens of a second: nobody waits longer for the next than for a call.
TEST(Backoff, SessionsThatEndEarlyOneAfterAnotherAreNoFailures) {
  Backoff backoff(milliseconds(50), std::chrono::seconds(1), 1);
  for (int session = 0; session < 20; ++session) {
    backoff.Worked(milliseconds(600));
    EXPECT_LE(backoff.Next(), milliseconds(50)) << session;
  }
}

// A PDP that ends each session as soon as it is up is asked ever more seldom.
TEST(Backoff, SessionsThatEndAtOnceAreFailures) {
  Backoff backoff(milliseconds(50), std::chrono::seconds(1), 1);
  MonoDuration wait{};
  for (int session = 0; session < 20; ++session) {
    backoff.Worked(milliseconds(10));
    wait = backoff.Next();
  }
  EXPECT_GE(wait, milliseconds(500));
}

TEST(Backoff, SpreadsThoseThatFailedTogether) {
  Backoff one(milliseconds(50), milliseconds(300), 1);
  Backoff other(milliseconds(50), milliseconds(300), 2);
  EXPECT_NE(one.Next(), other.Next());
}

}  // namespace
}  // namespace ostiary::sidecar
