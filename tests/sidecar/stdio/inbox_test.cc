#include "sidecar/stdio/inbox.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <memory>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace ostiary::sidecar {
namespace {

std::unique_ptr<Inbox> MakeInbox() {
  auto inbox = Inbox::Create();
  EXPECT_TRUE(inbox.ok()) << inbox.status();
  return *std::move(inbox);
}

SourceAnswer Answer(uint64_t id) {
  SourceAnswer answer;
  answer.id = id;
  return answer;
}

bool Readable(int fd) {
  pollfd slot = {fd, POLLIN, 0};
  return ::poll(&slot, 1, 0) == 1;
}

TEST(Inbox, GivesEventsInTheOrderPosted) {
  const auto inbox = MakeInbox();
  EXPECT_FALSE(inbox->has_events());
  for (uint64_t id = 0; id < 3; ++id) inbox->Post(Answer(id));
  EXPECT_TRUE(inbox->has_events());
  const std::vector<SourceEvent> events = inbox->Take();
  ASSERT_EQ(events.size(), 3u);
  for (uint64_t id = 0; id < 3; ++id) EXPECT_EQ(std::get<SourceAnswer>(events[id]).id, id);
  EXPECT_FALSE(inbox->has_events());
}

TEST(Inbox, WakesOnlyASleeper) {
  const auto inbox = MakeInbox();
  inbox->Post(Answer(1));
  EXPECT_FALSE(Readable(inbox->fd()));
  EXPECT_FALSE(inbox->PrepareToSleep());  // there is an event: do not sleep
  inbox->Take();
  ASSERT_TRUE(inbox->PrepareToSleep());
  inbox->Post(Answer(2));
  EXPECT_TRUE(Readable(inbox->fd()));
  inbox->Awake();
  inbox->ClearWake();
  EXPECT_FALSE(Readable(inbox->fd()));
  EXPECT_TRUE(inbox->has_events());
}

// Many posters, one sleeper that handles what it gets and sleeps again: nothing is lost, and each
// poster's events keep their order.
TEST(Inbox, LosesNoWakeUp) {
  constexpr uint64_t kPosters = 4;
  constexpr uint64_t kEach = 5'000;
  const auto inbox = MakeInbox();
  std::vector<std::thread> posters;
  for (uint64_t poster = 0; poster < kPosters; ++poster) {
    posters.emplace_back([&inbox, poster] {
      for (uint64_t i = 0; i < kEach; ++i) inbox->Post(Answer(poster * kEach + i));
    });
  }
  std::vector<uint64_t> next(kPosters, 0);
  for (uint64_t taken = 0; taken < kPosters * kEach;) {
    if (inbox->PrepareToSleep()) {
      pollfd slot = {inbox->fd(), POLLIN, 0};
      ASSERT_EQ(::poll(&slot, 1, 20'000), 1) << "a wake-up was lost after " << taken;
      inbox->ClearWake();
    }
    inbox->Awake();
    for (const SourceEvent& event : inbox->Take()) {
      const uint64_t id = std::get<SourceAnswer>(event).id;
      EXPECT_EQ(id % kEach, next[id / kEach]++);
      ++taken;
    }
  }
  for (std::thread& poster : posters) poster.join();
}

}  // namespace
}  // namespace ostiary::sidecar
