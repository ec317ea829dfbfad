// Bumps that follow each other faster than the sessions can be told: a session that still has one
// to hear of hears of the newest alone, and all of them end at it.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "common/clock.h"
#include "common/mutex.h"
#include "gmock/gmock.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/client_callback.h"
#include "gtest/gtest.h"
#include "tests/pdp/server/running_pdp.h"

namespace ostiary::pdp {
namespace {

constexpr int kSessions = 200;
constexpr int kConnections = 10;
constexpr uint64_t kBumps = 100;
constexpr uint64_t kNewest = 1 + kBumps;

// What happened to how many sessions. Thread-safe.
class Tally {
 public:
  void Add() {
    const MutexLock lock(&mutex_);
    ++count_;
    changed_.NotifyAll();
  }
  // Whether it came to so many while one is patient.
  bool Reaches(int count) {
    const MutexLock lock(&mutex_);
    const MonoTime deadline = Clock::System().Now() + std::chrono::seconds(60);
    while (count_ < count) {
      if (!changed_.WaitUntil(&mutex_, deadline)) return count_ >= count;
    }
    return true;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

// One session, which notes the generations that it hears of.
class Listener final : public grpc::ClientBidiReactor<v1::SessionRequest, v1::SessionResponse> {
 public:
  Listener(v1::PolicyDecisionService::Stub* stub, Tally* opened, Tally* newest, Tally* ended)
      : opened_(*opened), newest_(*newest), ended_(*ended) {
    hello_.mutable_hello()->set_agent("researcher");
    stub->async()->Session(&context_, this);
    StartWrite(&hello_);
    StartRead(&response_);
    StartCall();
  }
  void Cancel() { context_.TryCancel(); }
  // Of CURRENT, then of each CHANGED. Once it heard of the newest.
  const std::vector<uint64_t>& heard() const { return heard_; }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    const v1::SessionEvent& event = response_.event();
    if (event.kind() != v1::HEARTBEAT) heard_.push_back(event.revision().generation());
    if (event.kind() == v1::CURRENT) opened_.Add();
    if (event.kind() == v1::CHANGED && heard_.back() == kNewest) newest_.Add();
    StartRead(&response_);
  }
  void OnDone(const grpc::Status& /*status*/) override { ended_.Add(); }

  Tally& opened_;
  Tally& newest_;
  Tally& ended_;
  grpc::ClientContext context_;
  v1::SessionRequest hello_;
  v1::SessionResponse response_;
  std::vector<uint64_t> heard_;
};

TEST(MergingTest, ABumpBeforeTheLastOneIsToldIsOneEventOfTheNewest) {
  RunningPdp pdp;
  std::vector<std::unique_ptr<v1::PolicyDecisionService::Stub>> stubs;
  for (int i = 0; i < kConnections; ++i) stubs.push_back(pdp.Decisions());
  Tally opened;
  Tally newest;
  Tally ended;
  std::vector<std::unique_ptr<Listener>> listeners;
  for (int i = 0; i < kSessions; ++i) {
    listeners.push_back(
        std::make_unique<Listener>(stubs[i % kConnections].get(), &opened, &newest, &ended));
  }
  ASSERT_TRUE(opened.Reaches(kSessions));
  for (uint64_t generation = 2; generation <= kNewest; ++generation) {
    pdp.Publish(static_cast<int>(generation));
  }
  ASSERT_TRUE(newest.Reaches(kSessions)) << "some never heard of the newest";
  for (const auto& listener : listeners) listener->Cancel();
  ASSERT_TRUE(ended.Reaches(kSessions));
  size_t events = 0;
  for (const auto& listener : listeners) {
    const std::vector<uint64_t>& heard = listener->heard();
    EXPECT_EQ(std::adjacent_find(heard.begin(), heard.end(), std::greater_equal<>()), heard.end())
        << "one went back, or was told twice: " << testing::PrintToString(heard);
    events += heard.size() - 1;
  }
  EXPECT_LT(events, kSessions * kBumps) << "each bump was told to each session";
  RecordProperty("events_per_session", static_cast<int>(events / kSessions));
}

}  // namespace
}  // namespace ostiary::pdp
