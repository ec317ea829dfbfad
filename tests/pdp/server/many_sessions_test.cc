// 10,000 sessions on a few connections: all hear of a new policy at once, and none of them has a
// thread. Prints what it measured.
#include <cstdio>
#include <memory>
#include <vector>

#include "common/clock.h"
#include "common/mutex.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/client_callback.h"
#include "gtest/gtest.h"
#include "tests/pdp/server/running_pdp.h"

namespace ostiary::pdp {
namespace {

constexpr int kSessions = 10'000;
constexpr int kConnections = 10;

// Counts what is to happen once in each session. Thread-safe.
class Countdown {
 public:
  void Start(int count) {
    const MutexLock lock(&mutex_);
    left_ = count;
  }
  void Happened() {
    const MutexLock lock(&mutex_);
    if (--left_ == 0) done_.NotifyAll();
  }
  bool WaitUntil(MonoTime deadline) {
    const MutexLock lock(&mutex_);
    while (left_ > 0) {
      if (!done_.WaitUntil(&mutex_, deadline)) return left_ <= 0;
    }
    return true;
  }

 private:
  Mutex mutex_;
  CondVar done_;
  int left_ ABSL_GUARDED_BY(mutex_) = 0;
};

class Watcher final : public grpc::ClientBidiReactor<v1::SessionRequest, v1::SessionResponse> {
 public:
  Watcher(v1::PolicyDecisionService::Stub* stub, Countdown* told, Countdown* ended)
      : told_(told), ended_(ended) {
    hello_.mutable_hello()->set_agent("researcher");
    stub->async()->Session(&context_, this);
    StartWrite(&hello_);
    StartRead(&response_);
    StartCall();
  }
  void Cancel() { context_.TryCancel(); }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (response_.event().kind() != v1::HEARTBEAT) told_->Happened();
    StartRead(&response_);
  }
  void OnDone(const grpc::Status& /*status*/) override { ended_->Happened(); }

  Countdown* const told_;
  Countdown* const ended_;
  grpc::ClientContext context_;
  v1::SessionRequest hello_;
  v1::SessionResponse response_;
};

TEST(ManySessionsTest, AllHearOfANewPolicy) {
  ServerOptions options;
  options.max_streams_per_connection = kSessions;
  RunningPdp pdp(options);
  std::vector<std::unique_ptr<v1::PolicyDecisionService::Stub>> stubs;
  for (int i = 0; i < kConnections; ++i) stubs.push_back(pdp.Decisions());
  Countdown told;
  Countdown ended;
  const auto seconds_until_told = [&told](MonoTime start) {
    EXPECT_TRUE(told.WaitUntil(start + std::chrono::seconds(90))) << "some never heard";
    return std::chrono::duration<double>(Clock::System().Now() - start).count();
  };

  told.Start(kSessions);
  ended.Start(kSessions);
  MonoTime start = Clock::System().Now();
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (int i = 0; i < kSessions; ++i) {
    watchers.push_back(std::make_unique<Watcher>(stubs[i % kConnections].get(), &told, &ended));
  }
  std::printf("%d sessions opened and told CURRENT in %.3f s\n", kSessions,
              seconds_until_told(start));
  EXPECT_EQ(pdp.Status().sidecars_connected(), kSessions);
  for (int mark = 2; mark < 5; ++mark) {
    told.Start(kSessions);
    start = Clock::System().Now();
    pdp.Publish(mark);
    const double published = std::chrono::duration<double>(Clock::System().Now() - start).count();
    std::printf("all told CHANGED %.3f s after a publish that took %.6f s\n",
                seconds_until_told(start), published);
  }
  for (const auto& watcher : watchers) watcher->Cancel();
  EXPECT_TRUE(ended.WaitUntil(Clock::System().Now() + std::chrono::seconds(90)));
}

}  // namespace
}  // namespace ostiary::pdp
