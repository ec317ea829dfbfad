// Which requests are open, and which of the cancelled ones are remembered.
#include "sidecar/core/open_requests.h"

#include <gtest/gtest.h>

#include <vector>

namespace ostiary::sidecar {
namespace {

MessageId Id(int64_t number) {
  MessageId id;
  id.kind = IdKind::kInteger;
  id.number = number;
  return id;
}

OpenRequest* Forward(OpenRequests* requests, int64_t id, Method method = Method::kServerOnly) {
  return requests->Open(Id(id), method, RequestState::kForwarded);
}

TEST(OpenRequestsTest, ClosesTheOneThatIsNamed) {
  OpenRequests requests(10);
  Forward(&requests, 1);
  Forward(&requests, 2);
  ASSERT_NE(requests.Find(Id(1)), nullptr);
  requests.Close(Id(2));
  EXPECT_NE(requests.Find(Id(1)), nullptr);
  EXPECT_EQ(requests.Find(Id(2)), nullptr);
  requests.Close(Id(3));
  EXPECT_EQ(requests.size(), 1U);
}

TEST(OpenRequestsTest, TakesNoMoreThanItsCapacity) {
  OpenRequests requests(2);
  EXPECT_NE(Forward(&requests, 1), nullptr);
  EXPECT_NE(Forward(&requests, 2), nullptr);
  EXPECT_EQ(Forward(&requests, 3), nullptr);
  requests.Close(Id(1));
  EXPECT_NE(Forward(&requests, 3), nullptr);
}

TEST(OpenRequestsTest, ACancelledOneCountsNoMore) {
  OpenRequests requests(2);
  OpenRequest* const request = Forward(&requests, 1);
  EXPECT_TRUE(requests.Cancel(request));
  EXPECT_EQ(requests.size(), 0U);
  EXPECT_TRUE(requests.Cancel(request)) << "twice is once";
  EXPECT_EQ(requests.size(), 0U);
  requests.Close(Id(1));
  EXPECT_EQ(requests.size(), 0U);
  EXPECT_NE(Forward(&requests, 2), nullptr);
}

TEST(OpenRequestsTest, ACancelledOneThatIsBeingFilteredCounts) {
  OpenRequests requests(2);
  OpenRequest* const request = Forward(&requests, 1, Method::kList);
  EXPECT_TRUE(requests.Cancel(request));
  requests.Settle(request);
  EXPECT_EQ(requests.size(), 1U);
  requests.Close(Id(1));
  EXPECT_EQ(requests.size(), 0U);
}

TEST(OpenRequestsTest, OnlyThoseWhoseAnswerIsReadAreNeverForgotten) {
  struct Case {
    Method method;
    bool makes_task;
    bool is_kept;
  };
  for (const Case& c : std::vector<Case>{{Method::kList, false, true},
                                         {Method::kInitialize, false, true},
                                         {Method::kDiscover, false, true},
                                         {Method::kToolsCall, true, true},
                                         {Method::kToolsCall, false, false},
                                         {Method::kResource, true, true},
                                         {Method::kResource, false, false},
                                         {Method::kServerOnly, false, false}}) {
    OpenRequests requests(1);
    OpenRequest* const request = Forward(&requests, 1, c.method);
    if (c.makes_task) request->maker.assign({'t'});
    EXPECT_TRUE(requests.Cancel(request));
    OpenRequest* const next = Forward(&requests, 2);
    ASSERT_NE(next, nullptr);
    EXPECT_EQ(requests.Cancel(next), !c.is_kept) << static_cast<int>(c.method);
    EXPECT_EQ(requests.Find(Id(1)) != nullptr, c.is_kept) << static_cast<int>(c.method);
  }
}

TEST(OpenRequestsTest, ARequestThatMayMakeATaskIsOneThatIsAnsweredStill) {
  OpenRequests requests(10);
  Forward(&requests, 1, Method::kToolsCall);
  EXPECT_FALSE(requests.AnyMakesTask());
  requests.Open(Id(2), Method::kToolsCall, RequestState::kWaiting)->maker.assign({'t'});
  EXPECT_FALSE(requests.AnyMakesTask()) << "the server has not seen it";
  OpenRequest* const request = Forward(&requests, 3, Method::kToolsCall);
  request->maker.assign({'t'});
  EXPECT_TRUE(requests.AnyMakesTask());
  requests.Cancel(request);
  EXPECT_FALSE(requests.AnyMakesTask());
}

TEST(OpenRequestsTest, NoSerialComesTwice) {
  OpenRequests requests(10);
  const uint64_t first = Forward(&requests, 1)->serial;
  requests.Close(Id(1));
  EXPECT_NE(Forward(&requests, 1)->serial, first);
}

}  // namespace
}  // namespace ostiary::sidecar
