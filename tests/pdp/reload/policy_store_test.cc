#include "pdp/reload/policy_store.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pdp/policy/load.h"
#include "tests/pdp/reload/reload_harness.h"

namespace ostiary::pdp {
namespace {

using ::testing::ElementsAre;

std::shared_ptr<const PolicySnapshot> Snapshot(absl::string_view server) {
  const std::string rules = RulesAllowing("a", {std::string(server)});
  auto snapshot = LoadPolicy({{"rules.json", rules}, std::nullopt}).snapshot;
  EXPECT_NE(snapshot, nullptr);
  return snapshot;
}

ReloadStatus StatusWithError(absl::string_view error) {
  ReloadStatus status;
  status.gateway_rules.last_error = std::string(error);
  return status;
}

TEST(PolicyStoreTest, IsEmptyUntilAPolicyIsPublished) {
  PolicyStore store("epoch");
  EXPECT_EQ(store.Current(), nullptr);
  EXPECT_EQ(store.State().state, ServingState::kEmpty);
  store.PublishFailure(StatusWithError("bad"));
  EXPECT_EQ(store.Current(), nullptr);
  EXPECT_EQ(store.State().state, ServingState::kEmpty);
  EXPECT_EQ(store.Status().gateway_rules.last_error, "bad");
}

TEST(PolicyStoreTest, EachPolicyIsTheNextGeneration) {
  PolicyStore store("epoch");
  const auto first = Snapshot("s1");
  EXPECT_EQ(store.Publish(first, {})->revision, (Revision{"epoch", 1, first->digest()}));
  EXPECT_EQ(store.Current()->snapshot, first);
  const auto second = Snapshot("s2");
  EXPECT_EQ(store.Publish(second, {})->revision, (Revision{"epoch", 2, second->digest()}));
  EXPECT_EQ(store.Current()->snapshot, second);
  EXPECT_EQ(store.State().policy, store.Current());
}

TEST(PolicyStoreTest, AFailureKeepsThePolicyAndASuccessWithoutOneEndsIt) {
  PolicyStore store("epoch");
  const auto published = store.Publish(Snapshot("s"), {});
  store.PublishFailure(StatusWithError("bad"));
  EXPECT_EQ(store.State().state, ServingState::kStale);
  EXPECT_EQ(store.Current(), published);
  EXPECT_EQ(store.Publish(nullptr, {}), published);
  EXPECT_EQ(store.State().state, ServingState::kServing);
  EXPECT_EQ(store.Status().gateway_rules.last_error, "");
  EXPECT_EQ(store.Current(), published);
}

TEST(PolicyStoreTest, AListenerHearsThePresentPolicyAndEachChangeInOrder) {
  PolicyStore store("epoch");
  std::vector<uint64_t> early;
  std::vector<uint64_t> late;
  store.Subscribe([&](const auto& policy) { early.push_back(policy->revision.generation); });
  store.Publish(Snapshot("s1"), {});
  store.Subscribe([&](const auto& policy) {
    late.push_back(policy->revision.generation);
    EXPECT_EQ(store.Current(), policy);
    EXPECT_EQ(store.State().policy, policy);
  });
  store.Publish(nullptr, {});
  store.PublishFailure({});
  store.Publish(Snapshot("s2"), {});
  EXPECT_THAT(early, ElementsAre(1, 2));
  EXPECT_THAT(late, ElementsAre(1, 2));
}

// More stores than a thread remembers, read in turns.
TEST(PolicyStoreTest, AThreadKeepsStoresApart) {
  std::vector<std::unique_ptr<PolicyStore>> stores;
  for (int i = 0; i < 9; ++i) {
    stores.push_back(std::make_unique<PolicyStore>(absl::StrCat("epoch", i)));
    stores.back()->Publish(Snapshot("s"), {});
  }
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 9; ++i) {
      EXPECT_EQ(stores[i]->Current()->revision.epoch, absl::StrCat("epoch", i));
    }
  }
}

TEST(PolicyStoreTest, AStoreAtTheAddressOfAnotherIsNotTakenForIt) {
  std::optional<PolicyStore> store;
  for (int i = 0; i < 20; ++i) {
    const std::string epoch = absl::StrCat("epoch", i);
    store.emplace(epoch);
    EXPECT_EQ(store->Current(), nullptr);
    store->Publish(Snapshot("s"), {});
    EXPECT_EQ(store->Current()->revision.epoch, epoch);
  }
}

// The old policy goes while a thread that has read it lives on and never reads again.
TEST(PolicyStoreTest, AnIdleThreadKeepsNoOldPolicyAlive) {
  PolicyStore store("epoch");
  store.Publish(Snapshot("s1"), {});
  Mutex mutex;
  CondVar moved;
  bool has_read = false;
  bool may_end = false;
  std::thread idle([&] {
    EXPECT_NE(store.Current(), nullptr);
    MutexLock lock(&mutex);
    has_read = true;
    moved.NotifyAll();
    while (!may_end) moved.Wait(&mutex);
  });
  {
    MutexLock lock(&mutex);
    while (!has_read) moved.Wait(&mutex);
  }
  const std::weak_ptr<const PolicySnapshot> old = store.Current()->snapshot;
  EXPECT_FALSE(old.expired());
  store.Publish(Snapshot("s2"), {});
  EXPECT_TRUE(old.expired());
  {
    MutexLock lock(&mutex);
    may_end = true;
    moved.NotifyAll();
  }
  idle.join();
}

// Every reader sees generations in order, each with its own snapshot, and the last one in the end.
TEST(PolicyStoreTest, ReadersSeeWholePoliciesInOrderWhileTheyAreReplaced) {
  constexpr int kGenerations = 2000;
  const auto even = Snapshot("even");
  const auto odd = Snapshot("odd");
  PolicyStore store("epoch");
  ReloadStatus status;
  status.gateway_rules.attempt_count = 1;
  store.Publish(odd, status);
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  readers.reserve(4);
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      uint64_t last = 0;
      while (!stop) {
        const auto policy = store.Current();
        ASSERT_GE(policy->revision.generation, last);
        last = policy->revision.generation;
        ASSERT_EQ(policy->snapshot, last % 2 == 0 ? even : odd);
        ASSERT_EQ(policy->revision.digest, policy->snapshot->digest());
        const PolicyState state = store.State();
        ASSERT_EQ(state.status.gateway_rules.attempt_count, state.policy->revision.generation);
      }
      EXPECT_EQ(store.Current()->revision.generation, kGenerations);
    });
  }
  for (uint64_t generation = 2; generation <= kGenerations; ++generation) {
    status.gateway_rules.attempt_count = generation;
    store.Publish(generation % 2 == 0 ? even : odd, status);
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace ostiary::pdp
