// Swaps both files of a ConfigMap at the highest rate that the machine gives, reloads as fast, and
// reads with one thread for each core. Revision N's rules allow server sN alone and its catalog has
// sN alone, so a policy of two revisions shows: by a server of the catalog that is denied, or by
// the load's warning that the catalog does not have it.
//
// OSTIARY_SWAP_SECONDS says how long; 3 without it.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/pdp/reload/reload_harness.h"

namespace ostiary::pdp {
namespace {

std::chrono::seconds Duration() {
  int seconds = 0;
  const char* text = std::getenv("OSTIARY_SWAP_SECONDS");
  if (text == nullptr || !absl::SimpleAtoi(text, &seconds) || seconds <= 0) seconds = 3;
  return std::chrono::seconds(seconds);
}

struct Counts {
  std::atomic<uint64_t> swaps{0};
  std::atomic<uint64_t> failures{0};
  std::atomic<uint64_t> reads{0};
  std::atomic<uint64_t> mixes{0};
};

// The one server of the policy's catalog; "" where there is not exactly one.
std::string TheServer(const PublishedPolicy& policy) {
  const std::vector<CatalogServer>& catalog = policy.snapshot->catalog();
  return catalog.size() == 1 ? catalog[0].name : "";
}

// What every decision by one policy must agree with.
bool IsOneRevision(const PublishedPolicy& policy) {
  const std::string server = TheServer(policy);
  return !server.empty() && Allows(policy, "a", server) &&
         !Allows(policy, "a", absl::StrCat(server, "0"));
}

void Swap(const ScratchDir& dir, uint64_t revision) {
  const std::string server = absl::StrCat("s", revision);
  dir.SwapConfigMap("cm", absl::StrCat(revision), RulesAllowing("a", {server}),
                    CatalogOf({server}));
}

void ReadUntil(const std::atomic<bool>& stop, const PolicyStore& store, Counts& counts) {
  uint64_t reads = 0;
  uint64_t last = 0;
  while (!stop.load(std::memory_order_relaxed)) {
    const auto policy = store.Current();
    if (!IsOneRevision(*policy) || policy->revision.generation < last) ++counts.mixes;
    last = policy->revision.generation;
    ++reads;
  }
  counts.reads += reads;
}

void ReloadUntil(const std::atomic<bool>& stop, Reloader& reloader, Counts& counts) {
  while (!stop) {
    const ReloadOutcome outcome = reloader.Reload(ReloadMode::kPoll);
    if (!outcome.ok) {
      ++counts.failures;
      for (const Issue& issue : outcome.issues) std::printf("%s\n", FormatIssue(issue).c_str());
    } else if (!outcome.issues.empty()) {
      ++counts.mixes;
    }
  }
}

TEST(ConfigMapSwapTest, NoDecisionMixesRevisionsAndNoneErrs) {
  ReloadHarness files(ReloadHarness::Catalog::kWithCatalog, Clock::System(), "cm");
  files.dir.MakeDir("cm");
  Swap(files.dir, 0);
  WatchOptions options;
  options.debounce = std::chrono::milliseconds(1);
  files.Watch(options);
  ASSERT_NE(files.store.Current(), nullptr);

  Counts counts;
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
    threads.emplace_back([&] { ReadUntil(stop, files.store, counts); });
  }
  threads.emplace_back([&] { ReloadUntil(stop, files.reloader, counts); });
  const MonoTime end = Clock::System().Now() + Duration();
  uint64_t revision = 0;
  while (Clock::System().Now() < end) Swap(files.dir, ++revision);
  stop = true;
  for (std::thread& thread : threads) thread.join();
  counts.swaps = revision;

  const ReloadOutcome last = files.reloader.Reload();
  const FileStatus status = files.store.Status().gateway_rules;
  std::printf("swaps %llu, reloads %llu (failed %llu), generations %llu, reads %llu, mixes %llu\n",
              static_cast<unsigned long long>(counts.swaps),
              static_cast<unsigned long long>(status.attempt_count),
              static_cast<unsigned long long>(status.attempt_count - status.success_count),
              static_cast<unsigned long long>(last.policy->revision.generation),
              static_cast<unsigned long long>(counts.reads),
              static_cast<unsigned long long>(counts.mixes));
  EXPECT_EQ(TheServer(*last.policy), absl::StrCat("s", revision));
  EXPECT_EQ(counts.mixes, 0U);
  EXPECT_EQ(counts.failures, 0U);
  EXPECT_EQ(status.attempt_count, status.success_count);
  EXPECT_GT(counts.reads, 0U);
  EXPECT_GT(last.policy->revision.generation, 2U);
}

}  // namespace
}  // namespace ostiary::pdp
