#include "sidecar/pdp_client/late_event_engine.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <memory>

#include "grpc/event_engine/event_engine.h"
#include "grpc/grpc.h"

namespace ostiary::sidecar {
namespace {

using grpc_event_engine::experimental::CreateEventEngine;
using grpc_event_engine::experimental::EventEngine;

class LateEventEngine : public testing::Test {
 protected:
  LateEventEngine() {
    StartEventEngineLate();
    grpc_init();
  }
  ~LateEventEngine() override { grpc_shutdown(); }
};

size_t Threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
}

TEST_F(LateEventEngine, HasNoThreadsUntilSomethingIsToRun) {
  const size_t before = Threads();
  const std::shared_ptr<EventEngine> engine = CreateEventEngine();
  EXPECT_EQ(Threads(), before);
  std::promise<void> ran;
  engine->Run([&ran] { ran.set_value(); });
  ran.get_future().wait();
  EXPECT_GT(Threads(), before);
}

TEST_F(LateEventEngine, RunsAndForgetsTimers) {
  const std::shared_ptr<EventEngine> engine = CreateEventEngine();
  std::promise<void> ran;
  bool never = false;
  const EventEngine::TaskHandle forgotten =
      engine->RunAfter(std::chrono::hours(1), [&never] { never = true; });
  engine->RunAfter(std::chrono::milliseconds(1), [&ran] { ran.set_value(); });
  ran.get_future().wait();
  EXPECT_TRUE(engine->Cancel(forgotten));
  EXPECT_FALSE(never);
}

// Two that run at a time share nothing.
TEST_F(LateEventEngine, OneMoreIsLateToo) {
  const std::shared_ptr<EventEngine> first = CreateEventEngine();
  std::promise<void> ran;
  first->Run([&ran] { ran.set_value(); });
  ran.get_future().wait();
  const size_t before = Threads();
  const std::shared_ptr<EventEngine> second = CreateEventEngine();
  EXPECT_EQ(Threads(), before);
}

}  // namespace
}  // namespace ostiary::sidecar
