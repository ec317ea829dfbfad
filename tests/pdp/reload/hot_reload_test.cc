// The seven scenarios of hot reload: from the bytes of the files to decisions and Status.

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/pdp/reload/reload_harness.h"
#include "tests/support/fake_clock.h"

namespace ostiary::pdp {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// No poll, so that what happens is the watch's doing.
WatchOptions WatchAlone() {
  WatchOptions options;
  options.poll_interval = std::chrono::hours(1);
  return options;
}

TEST(HotReloadTest, ReloadWithUndefinedServers) {
  ReloadHarness files;
  files.dir.WriteInPlace("mcp.json", CatalogOf({"known"}));
  files.dir.WriteInPlace("rules.json", RulesAllowing("a", {"known"}));
  ASSERT_TRUE(files.reloader.Reload().ok);

  files.dir.RenameOver("rules.json", RulesAllowing("a", {"known", "undefined"}));
  const ReloadOutcome outcome = files.reloader.Reload();
  EXPECT_TRUE(outcome.ok);
  EXPECT_TRUE(outcome.changed);
  ASSERT_THAT(outcome.issues, SizeIs(1));
  EXPECT_EQ(outcome.issues[0].severity, Severity::kWarning);
  EXPECT_EQ(files.store.State().state, ServingState::kServing);
  EXPECT_EQ(files.store.Status().gateway_rules.last_error, "");
  EXPECT_TRUE(Allows(*files.store.Current(), "a", "known"));
  EXPECT_TRUE(Allows(*files.store.Current(), "a", "undefined"));

  // The server appears in the catalog alone: the same rules, without a warning.
  files.dir.RenameOver("mcp.json", CatalogOf({"known", "undefined"}));
  EXPECT_THAT(files.reloader.Reload().issues, IsEmpty());
}

TEST(HotReloadTest, FlowFromFileChangeToDecisionWithDebounceOf100Ms) {
  ReloadHarness files;
  files.dir.WriteInPlace("mcp.json", CatalogOf({"s1", "s2"}));
  files.dir.WriteInPlace("rules.json", RulesAllowing("a", {"s1"}));
  const WatchOptions options = WatchAlone();
  ASSERT_EQ(options.debounce, std::chrono::milliseconds(100));
  files.Watch(options);
  EXPECT_TRUE(Allows(*files.store.Current(), "a", "s1"));
  EXPECT_FALSE(Allows(*files.store.Current(), "a", "s2"));

  const MonoTime changed = Clock::System().Now();
  files.dir.WriteInPlace("rules.json", RulesAllowing("a", {"s2"}));
  const auto policy = files.generations.Await(2);
  EXPECT_GE(Clock::System().Now() - changed, std::chrono::milliseconds(100));
  ASSERT_NE(policy, nullptr);
  EXPECT_EQ(files.store.Current(), policy);
  EXPECT_FALSE(Allows(*policy, "a", "s1"));
  EXPECT_TRUE(Allows(*policy, "a", "s2"));
  EXPECT_EQ(policy->revision.generation, 2U);
}

TEST(HotReloadTest, WarningsKeptThenCleared) {
  ReloadHarness files;
  files.dir.WriteInPlace("mcp.json", CatalogOf({"s"}));
  files.dir.WriteInPlace("rules.json", RulesAllowing("a", {"s", "missing"}));
  files.Watch(WatchAlone());
  EXPECT_THAT(files.store.Status().gateway_rules.last_warnings, SizeIs(1));
  EXPECT_THAT(files.store.Status().mcp_config.last_warnings, IsEmpty());

  // Kept by a load that finds the same bytes, and by one that fails.
  files.reloader.Reload();
  EXPECT_THAT(files.store.Status().gateway_rules.last_warnings, SizeIs(1));
  files.dir.RenameOver("rules.json", "nonsense");
  files.log.Await("reload_failed");
  EXPECT_THAT(files.store.Status().gateway_rules.last_warnings, SizeIs(1));

  files.dir.RenameOver("rules.json", RulesAllowing("a", {"s"}));
  files.generations.Await(2);
  EXPECT_THAT(files.store.Status().gateway_rules.last_warnings, IsEmpty());
  EXPECT_EQ(files.store.Status().gateway_rules.last_error, "");
}

TEST(HotReloadTest, ReadsDuringReloadsAndConcurrentReloads) {
  constexpr int kRevisions = 50;
  ReloadHarness files(ReloadHarness::Catalog::kNone);
  const auto write = [&](int revision) {
    files.dir.RenameOver("rules.json", RulesAllowing("a", {absl::StrCat("s", revision), "always"}));
  };
  write(0);
  ASSERT_TRUE(files.reloader.Reload().ok);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  threads.reserve(6);
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      uint64_t last = 0;
      while (!stop) {
        const auto policy = files.store.Current();
        EXPECT_GE(policy->revision.generation, last);
        last = policy->revision.generation;
        EXPECT_TRUE(Allows(*policy, "a", "always"));
        EXPECT_FALSE(Allows(*policy, "a", "never"));
      }
    });
  }
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop) EXPECT_TRUE(files.reloader.Reload().ok);
    });
  }
  for (int revision = 1; revision <= kRevisions; ++revision) {
    write(revision);
    // Whichever thread met the change first: after a Reload that began after it, it decides.
    EXPECT_TRUE(files.reloader.Reload().ok);
    EXPECT_TRUE(Allows(*files.store.Current(), "a", absl::StrCat("s", revision)));
    EXPECT_FALSE(Allows(*files.store.Current(), "a", absl::StrCat("s", revision - 1)));
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  // However many reloads met a change, it is one generation.
  EXPECT_EQ(files.store.Current()->revision.generation, kRevisions + 1U);
  const FileStatus rules = files.store.Status().gateway_rules;
  EXPECT_EQ(rules.attempt_count, rules.success_count);
}

// Of the store; tests/pdp/server says the same of the wire.
TEST(HotReloadTest, StatusWithEveryField) {
  FakeClock clock;
  ReloadHarness files(ReloadHarness::Catalog::kWithCatalog, clock);
  const auto at = [](int s) { return absl::FromUnixSeconds(1'700'000'000) + absl::Seconds(s); };
  files.dir.WriteInPlace("mcp.json", CatalogOf({"s2", "s1"}));
  files.dir.WriteInPlace("rules.json", RulesAllowing("a", {"s1", "missing"}));
  clock.Advance(std::chrono::seconds(1));
  files.reloader.Reload();
  files.dir.RenameOver("mcp.json", CatalogOf({"s2", "s1", "s3"}));
  clock.Advance(std::chrono::seconds(1));
  files.reloader.Reload();
  files.dir.RenameOver("rules.json", R"({"agents": []})");
  clock.Advance(std::chrono::seconds(1));
  files.reloader.Reload();

  const PolicyState state = files.store.State();
  EXPECT_EQ(state.state, ServingState::kStale);
  ASSERT_NE(state.policy, nullptr);
  EXPECT_EQ(state.policy->revision.epoch, "epoch");
  EXPECT_EQ(state.policy->revision.generation, 2U);
  EXPECT_EQ(state.policy->revision.digest, state.policy->snapshot->digest());
  EXPECT_THAT(state.policy->revision.digest, testing::StartsWith("sha256:"));
  EXPECT_THAT(state.policy->snapshot->AgentIds(), ElementsAre("a"));
  EXPECT_EQ(state.policy->snapshot->agent_count(), 1U);
  EXPECT_TRUE(state.policy->snapshot->deny_on_missing_agent());
  std::vector<std::string> servers;
  for (const CatalogServer& server : state.policy->snapshot->catalog()) {
    servers.push_back(server.name);
  }
  EXPECT_THAT(servers, ElementsAre("s1", "s2", "s3"));

  const FileStatus& rules = state.status.gateway_rules;
  EXPECT_EQ(rules.path, files.dir.Path("rules.json"));
  EXPECT_EQ(rules.last_attempt, at(3));
  EXPECT_EQ(rules.last_success, at(2));
  EXPECT_EQ(rules.last_change, at(1));
  EXPECT_THAT(rules.last_error,
              AllOf(HasSubstr(files.dir.Path("rules.json:1:12")), HasSubstr("(/agents)")));
  EXPECT_EQ(rules.attempt_count, 3U);
  EXPECT_EQ(rules.success_count, 2U);
  ASSERT_THAT(rules.last_warnings, SizeIs(1));
  EXPECT_THAT(rules.last_warnings[0].message, HasSubstr("missing"));

  const FileStatus& catalog = state.status.mcp_config;
  EXPECT_EQ(catalog.path, files.dir.Path("mcp.json"));
  EXPECT_EQ(catalog.last_attempt, at(3));
  EXPECT_EQ(catalog.last_success, at(2));
  EXPECT_EQ(catalog.last_change, at(2));
  EXPECT_EQ(catalog.last_error, "");
  EXPECT_EQ(catalog.attempt_count, 3U);
  EXPECT_EQ(catalog.success_count, 2U);
  EXPECT_THAT(catalog.last_warnings, IsEmpty());
}

// The watch, readers of decisions and of the status, reloads asked for by everyone, and a writer of
// good files, files with warnings and bad ones.
TEST(HotReloadTest, AllTogetherUnderLoad) {
  ReloadHarness files;
  files.dir.WriteInPlace("mcp.json", CatalogOf({"always"}));
  files.dir.WriteInPlace("rules.json", RulesAllowing("a", {"always"}));
  WatchOptions options = WatchAlone();
  options.debounce = std::chrono::milliseconds(1);
  files.Watch(options);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  threads.reserve(6);
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        EXPECT_TRUE(Allows(*files.store.Current(), "a", "always"));
        EXPECT_FALSE(Allows(*files.store.Current(), "stranger", "always"));
      }
    });
  }
  threads.emplace_back([&] {
    while (!stop) {
      const PolicyState state = files.store.State();
      const FileStatus& rules = state.status.gateway_rules;
      EXPECT_EQ(state.state == ServingState::kStale, !rules.last_error.empty());
      EXPECT_LE(rules.success_count, rules.attempt_count);
      EXPECT_LE(state.policy->revision.generation, rules.success_count);
    }
  });
  threads.emplace_back([&] {
    while (!stop) files.reloader.Reload();
  });
  threads.emplace_back([&] {
    while (!stop) {
      files.watch->RequestReload();
      files.reloader.Reload(ReloadMode::kValidateOnly);
    }
  });
  for (int i = 0; i < 100; ++i) {
    files.dir.RenameOver("rules.json", RulesAllowing("a", {"always"}));
    files.dir.RenameOver("rules.json", RulesAllowing("a", {"always", absl::StrCat("gone", i)}));
    files.dir.RenameOver("rules.json", i % 2 == 0 ? "nonsense" : "");
  }
  files.dir.RenameOver("mcp.json", CatalogOf({"always", "last"}));
  files.dir.RenameOver("rules.json", RulesAllowing("a", {"always", "last"}));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const ReloadOutcome last = files.reloader.Reload();
  EXPECT_TRUE(last.ok);
  EXPECT_TRUE(Allows(*files.store.Current(), "a", "last"));
  EXPECT_EQ(files.store.State().state, ServingState::kServing);
  EXPECT_THAT(files.store.Status().gateway_rules.last_warnings, IsEmpty());
}

TEST(HotReloadTest, WarningsNameAgentAndServer) {
  ReloadHarness files;
  files.dir.WriteInPlace("mcp.json", CatalogOf({"s"}));
  files.dir.WriteInPlace("rules.json", R"({"agents": {
    "researcher": {"allow": {"servers": ["s", "brave-search"]}},
    "writer": {"allow": {"servers": ["s"]}, "deny": {"tools": {"notion": ["delete_*"]}}}
  }})");
  ASSERT_TRUE(files.reloader.Reload().ok);
  const std::vector<Issue> warnings = files.store.Status().gateway_rules.last_warnings;
  bool allowed = false;
  bool denied = false;
  for (const Issue& warning : warnings) {
    EXPECT_EQ(warning.severity, Severity::kWarning);
    EXPECT_EQ(warning.file, files.dir.Path("rules.json"));
    if (warning.pointer == "/agents/researcher/allow/servers/1") {
      allowed = true;
      EXPECT_EQ(warning.line, 2U);
      EXPECT_THAT(warning.message,
                  AllOf(HasSubstr("researcher"), HasSubstr("brave-search"), HasSubstr("allow")));
    }
    if (warning.pointer == "/agents/writer/deny/tools/notion") {
      denied = true;
      EXPECT_EQ(warning.line, 3U);
      EXPECT_THAT(warning.message,
                  AllOf(HasSubstr("writer"), HasSubstr("notion"), HasSubstr("deny")));
    }
  }
  EXPECT_TRUE(allowed);
  EXPECT_TRUE(denied);
  // And so does the log.
  EXPECT_THAT(files.log.Await("policy_warning"),
              AllOf(HasSubstr("researcher"), HasSubstr("brave-search")));
}

}  // namespace
}  // namespace ostiary::pdp
