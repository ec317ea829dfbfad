#include "pdp/server/admin_worker.h"

#include <future>
#include <optional>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ostiary::pdp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(AdminWorkerTest, RunsSoManyAndNoMoreOneAfterTheOther) {
  std::promise<void> started;
  std::promise<void> may_end;
  std::vector<int> run;
  std::optional<AdminWorker> worker(2);
  ASSERT_TRUE(worker
                  ->Post([&] {
                    started.set_value();
                    may_end.get_future().wait();
                    run.push_back(0);
                  })
                  .ok());
  started.get_future().wait();  // so it waits no more
  EXPECT_TRUE(worker->Post([&] { run.push_back(1); }).ok());
  EXPECT_TRUE(worker->Post([&] { run.push_back(2); }).ok());
  const absl::Status refused = worker->Post([&] { run.push_back(3); });
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.message(), HasSubstr("2 calls of Reload and Validate wait already"));
  may_end.set_value();
  worker.reset();  // runs what waits
  EXPECT_THAT(run, ElementsAre(0, 1, 2));
}

TEST(AdminWorkerTest, RunsWhatComesWhereNothingWaits) {
  AdminWorker worker(1);
  for (int i = 0; i < 3; ++i) {
    std::promise<void> ran;
    ASSERT_TRUE(worker.Post([&ran] { ran.set_value(); }).ok());
    ran.get_future().wait();
  }
}

}  // namespace
}  // namespace ostiary::pdp
