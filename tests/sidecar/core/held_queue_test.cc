// The queue's bounds and counts, and that what was taken is not found.
#include "sidecar/core/held_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace ostiary::sidecar {
namespace {

Held Message(Held::What what, size_t bytes = 0) {
  Held held;
  held.what = what;
  held.line.assign(bytes, 'x');
  return held;
}

Held* Add(HeldQueue* queue, Held held) { return queue->Add(&held); }

TEST(HeldQueueTest, CountsMessagesAndThoseOfTheServer) {
  HeldQueue queue(1 << 20);
  Held* const request = Add(&queue, Message(Held::What::kRequest));
  Held* const list = Add(&queue, Message(Held::What::kList));
  Held* const notification = Add(&queue, Message(Held::What::kFromServer));
  Add(&queue, Message(Held::What::kServerStart));
  Add(&queue, Message(Held::What::kListChange));
  EXPECT_EQ(queue.messages(), 3U);
  EXPECT_EQ(queue.from_server(), 2U);
  queue.Take(list);
  EXPECT_EQ(queue.messages(), 2U);
  EXPECT_EQ(queue.from_server(), 1U);
  queue.Take(request);
  queue.Take(notification);
  EXPECT_EQ(queue.messages(), 0U);
  EXPECT_EQ(queue.from_server(), 0U);
}

TEST(HeldQueueTest, WhatIsTakenIsNotFoundAndTheOthersAre) {
  HeldQueue queue(1 << 20);
  Held* const first = Add(&queue, Message(Held::What::kRequest));
  Held* const second = Add(&queue, Message(Held::What::kRequest));
  Held* const third = Add(&queue, Message(Held::What::kRequest));
  const uint64_t serials[] = {first->serial, second->serial, third->serial};
  queue.Take(second);
  EXPECT_EQ(queue.Find(serials[1]), nullptr);
  EXPECT_EQ(queue.first(), first);
  queue.Take(first);
  EXPECT_EQ(queue.first(), third);
  EXPECT_EQ(queue.Find(serials[0]), nullptr);
  EXPECT_EQ(queue.Find(serials[1]), nullptr);
  EXPECT_EQ(queue.Find(serials[2]), third);
  EXPECT_EQ(queue.Find(serials[2] + 1), nullptr);
}

TEST(HeldQueueTest, WhatIsDroppedIsNotFoundUnderALaterOne) {
  HeldQueue queue(1 << 20);
  const uint64_t serial = Add(&queue, Message(Held::What::kList))->serial;
  queue.DropAll();
  EXPECT_EQ(queue.messages(), 0U);
  EXPECT_EQ(queue.from_server(), 0U);
  Held* const next = Add(&queue, Message(Held::What::kRequest));
  EXPECT_EQ(queue.Find(serial), nullptr);
  EXPECT_EQ(queue.Find(next->serial), next);
}

TEST(HeldQueueTest, ItsRoomIsThatOfWhatItHoldsNow) {
  HeldQueue queue(10'000);
  for (int i = 0; i < 100; ++i) {
    Held* const held = Add(&queue, Message(Held::What::kRequest, 6000));
    ASSERT_NE(held, nullptr) << i;
    EXPECT_EQ(Add(&queue, Message(Held::What::kRequest, 6000)), nullptr);
    if (i % 2 == 0) {
      queue.Take(held);
    } else {
      queue.DropAll();
    }
  }
}

TEST(HeldQueueTest, LinesElementsAndNamesTakeRoom) {
  Held elements = Message(Held::What::kList);
  elements.plan.elements.resize(1000);
  Held names = Message(Held::What::kList);
  names.accesses.push_back({AccessKind::kTool, std::string(4000, 'x')});
  HeldQueue queue(10'000);
  EXPECT_EQ(Add(&queue, Message(Held::What::kList, 10'000)), nullptr);
  EXPECT_EQ(queue.Add(&elements), nullptr);
  EXPECT_EQ(queue.Add(&names), nullptr);
  EXPECT_EQ(queue.first(), nullptr);
  EXPECT_EQ(names.accesses[0].name.size(), 4000U) << "as it was";
}

}  // namespace
}  // namespace ostiary::sidecar
