#include "pdp/reload/reloader.h"

#include <sys/stat.h>

#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/pdp/policy/policy_testing.h"
#include "tests/pdp/reload/reload_harness.h"
#include "tests/support/fake_clock.h"
#include "tests/support/limited_addresses.h"

namespace ostiary::pdp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ReloaderTest : public testing::Test {
 protected:
  void Write(const std::vector<std::string>& allowed, const std::vector<std::string>& catalog) {
    files_.dir.RenameOver("rules.json", RulesAllowing("a", allowed));
    files_.dir.RenameOver("mcp.json", CatalogOf(catalog));
  }
  ReloadOutcome Reload(ReloadMode mode = ReloadMode::kApply) {
    clock_.Advance(std::chrono::seconds(1));
    return files_.reloader.Reload(mode);
  }
  // As if files_ had been read at `seconds`.
  static absl::Time At(int seconds) {
    return absl::FromUnixSeconds(1'700'000'000) + absl::Seconds(seconds);
  }

  FakeClock clock_;
  ReloadHarness files_{ReloadHarness::Catalog::kWithCatalog, clock_};
};

TEST_F(ReloaderTest, KnowsItsPathsBeforeTheFirstLoad) {
  const PolicyState state = files_.store.State();
  EXPECT_EQ(state.state, ServingState::kEmpty);
  EXPECT_EQ(state.status.gateway_rules.path, files_.dir.Path("rules.json"));
  EXPECT_EQ(state.status.mcp_config.path, files_.dir.Path("mcp.json"));
  EXPECT_EQ(state.status.gateway_rules.attempt_count, 0U);
  EXPECT_EQ(state.status.gateway_rules.last_attempt, absl::InfinitePast());
}

TEST_F(ReloaderTest, TheFirstLoadIsTheFirstGeneration) {
  Write({"s"}, {"s"});
  const ReloadOutcome outcome = Reload();
  EXPECT_TRUE(outcome.ok);
  EXPECT_TRUE(outcome.changed);
  EXPECT_THAT(outcome.issues, IsEmpty());
  EXPECT_THAT(outcome.diff.added_agents, ElementsAre("a"));
  EXPECT_EQ(outcome.policy->revision.generation, 1U);
  EXPECT_EQ(outcome.policy, files_.store.Current());
  EXPECT_TRUE(Allows(*outcome.policy, "a", "s"));
}

TEST_F(ReloaderTest, EqualBytesMoveTheAttemptsAndNothingElse) {
  Write({"s"}, {"s"});
  const auto first = Reload().policy;
  Write({"s"}, {"s"});  // other inodes, the same bytes
  const ReloadOutcome outcome = Reload();
  EXPECT_TRUE(outcome.ok);
  EXPECT_FALSE(outcome.changed);
  EXPECT_EQ(outcome.policy, first);
  const FileStatus rules = files_.store.Status().gateway_rules;
  EXPECT_EQ(rules.attempt_count, 2U);
  EXPECT_EQ(rules.success_count, 2U);
  EXPECT_EQ(rules.last_attempt, At(2));
  EXPECT_EQ(rules.last_success, At(2));
  EXPECT_EQ(rules.last_change, At(1));
}

TEST_F(ReloaderTest, OtherBytesThatDecideAlikeAreANewGenerationOfTheSameDigest) {
  Write({"s"}, {"s"});
  const auto first = Reload().policy;
  files_.dir.RenameOver("rules.json", "\n" + RulesAllowing("a", {"s"}));
  const ReloadOutcome outcome = Reload();
  EXPECT_TRUE(outcome.changed);
  EXPECT_THAT(outcome.diff.modified_agents, IsEmpty());
  EXPECT_EQ(outcome.policy->revision.generation, 2U);
  EXPECT_EQ(outcome.policy->revision.digest, first->revision.digest);
}

TEST_F(ReloaderTest, LastChangeIsOfTheFileThatChanged) {
  Write({"s"}, {"s"});
  Reload();
  files_.dir.RenameOver("mcp.json", CatalogOf({"s", "t"}));
  Reload();
  const ReloadStatus status = files_.store.Status();
  EXPECT_EQ(status.gateway_rules.last_change, At(1));
  EXPECT_EQ(status.mcp_config.last_change, At(2));
  files_.dir.RenameOver("rules.json", RulesAllowing("a", {"t"}));
  Reload();
  EXPECT_EQ(files_.store.Status().gateway_rules.last_change, At(3));
  EXPECT_EQ(files_.store.Status().mcp_config.last_change, At(2));
}

TEST_F(ReloaderTest, TheOutcomeNamesTheAgentsThatDiffer) {
  files_.dir.WriteInPlace("mcp.json", CatalogOf({"s"}));
  files_.dir.WriteInPlace("rules.json", R"({"agents":{"gone":{},"kept":{},"other":{}}})");
  Reload();
  files_.dir.WriteInPlace("rules.json",
                          R"({"agents":{"kept":{},"new":{},"other":{"allow":{"servers":["s"]}}},)"
                          R"("defaults":{"deny_on_missing_agent":false}})");
  const PolicyDiff diff = Reload().diff;
  EXPECT_THAT(diff.added_agents, ElementsAre("new"));
  EXPECT_THAT(diff.removed_agents, ElementsAre("gone"));
  EXPECT_THAT(diff.modified_agents, ElementsAre("other"));
  EXPECT_TRUE(diff.defaults_changed);
}

enum class File { kRules, kCatalog };

// What may befall a file, and whose error it is.
struct Misfortune {
  const char* name;
  File file;
  std::function<void(const ScratchDir&)> befall;
  const char* error;
};

std::vector<Misfortune> Misfortunes() {
  return {
      {"rules that are not JSON", File::kRules,
       [](const ScratchDir& d) { d.RenameOver("rules.json", "{\"agents\": "); }, "rules.json:1:"},
      {"empty rules", File::kRules, [](const ScratchDir& d) { d.WriteInPlace("rules.json", ""); },
       "rules.json"},
      {"missing rules", File::kRules, [](const ScratchDir& d) { d.Remove("rules.json"); },
       "rules.json: error: cannot open the file: No such file or directory; create it, or correct "
       "the path"},
      {"rules over the size limit", File::kRules,
       [](const ScratchDir& d) { d.RenameOver("rules.json", std::string(5000, ' ')); },
       "rules.json: error: is longer than the limit of 4096 bytes"},
      {"rules that are a directory", File::kRules,
       [](const ScratchDir& d) {
         d.Remove("rules.json");
         d.MakeDir("rules.json");
       },
       "rules.json: error: is a directory"},
      {"rules that are a FIFO", File::kRules,
       [](const ScratchDir& d) {
         d.Remove("rules.json");
         ::mkfifo(d.Path("rules.json").c_str(), 0644);
       },
       "rules.json: error: is not a regular file"},
      {"a misspelt key in the rules", File::kRules,
       [](const ScratchDir& d) { d.RenameOver("rules.json", R"({"agents":{"a":{"dney":{}}}})"); },
       "rules.json:1:"},
      {"a catalog that is not JSON", File::kCatalog,
       [](const ScratchDir& d) { d.RenameOver("mcp.json", "nonsense"); }, "mcp.json:1:"},
      {"an empty catalog", File::kCatalog,
       [](const ScratchDir& d) { d.WriteInPlace("mcp.json", ""); }, "mcp.json"},
      {"a missing catalog", File::kCatalog, [](const ScratchDir& d) { d.Remove("mcp.json"); },
       "mcp.json: error: cannot open the file"},
      {"a catalog over the size limit", File::kCatalog,
       [](const ScratchDir& d) { d.RenameOver("mcp.json", std::string(5000, ' ')); },
       "mcp.json: error: is longer than the limit"},
  };
}

TEST_F(ReloaderTest, AnyMisfortuneKeepsTheLastGoodPolicyAndStatusSaysSo) {
  for (const Misfortune& m : Misfortunes()) {
    SCOPED_TRACE(m.name);
    PolicyLimits limits;
    limits.max_file_bytes = 4096;
    ReloadHarness files(ReloadHarness::Catalog::kWithCatalog, clock_, "", limits);
    files.dir.WriteInPlace("rules.json", RulesAllowing("a", {"s"}));
    files.dir.WriteInPlace("mcp.json", CatalogOf({"s"}));
    const auto good = files.reloader.Reload().policy;
    ASSERT_NE(good, nullptr);

    m.befall(files.dir);
    for (uint64_t attempt = 2; attempt < 4; ++attempt) {
      const ReloadOutcome outcome = files.reloader.Reload();
      EXPECT_FALSE(outcome.ok);
      EXPECT_FALSE(outcome.changed);
      EXPECT_TRUE(HasErrors(outcome.issues));
      EXPECT_EQ(outcome.policy, good);
      EXPECT_EQ(files.store.Current(), good);
      const PolicyState state = files.store.State();
      EXPECT_EQ(state.state, ServingState::kStale);
      const bool rules = m.file == File::kRules;
      const FileStatus& its = rules ? state.status.gateway_rules : state.status.mcp_config;
      const FileStatus& others = rules ? state.status.mcp_config : state.status.gateway_rules;
      EXPECT_THAT(its.last_error, HasSubstr(m.error));
      EXPECT_EQ(its.attempt_count, attempt);
      EXPECT_EQ(its.success_count, 1U);
      EXPECT_EQ(others.last_error, "");
      EXPECT_EQ(others.attempt_count, attempt);
      EXPECT_EQ(others.success_count, 1U);  // the files load as one
    }

    // The bytes of before are no change, and end the error.
    files.dir.Remove("rules.json");
    files.dir.Remove("mcp.json");
    files.dir.WriteInPlace("rules.json", RulesAllowing("a", {"s"}));
    files.dir.WriteInPlace("mcp.json", CatalogOf({"s"}));
    const ReloadOutcome healed = files.reloader.Reload();
    EXPECT_TRUE(healed.ok);
    EXPECT_FALSE(healed.changed);
    EXPECT_EQ(healed.policy, good);
    EXPECT_EQ(files.store.State().state, ServingState::kServing);
    EXPECT_EQ(files.store.Status().gateway_rules.last_error, "");
    EXPECT_EQ(files.store.Status().mcp_config.last_error, "");
  }
}

// A file that cannot be read hides nothing of what is wrong with the other one.
TEST_F(ReloaderTest, AFileThatCannotBeReadDoesNotHideTheOthersProblems) {
  constexpr char kMissing[] = "cannot open the file";
  for (int round = 0; round < 2; ++round) {  // the second time it is known already
    files_.dir.Remove("rules.json");
    files_.dir.RenameOver("mcp.json", R"({"mcpServers":{"s":{"command":1},"t":2}})");
    const ReloadOutcome outcome = Reload();
    EXPECT_FALSE(outcome.ok);
    ASSERT_THAT(outcome.issues, SizeIs(3));
    EXPECT_THAT(FormatIssue(outcome.issues[0]), HasSubstr("rules.json: error: cannot open"));
    EXPECT_THAT(FormatIssue(outcome.issues[1]), HasSubstr("mcp.json:1:"));
    EXPECT_THAT(files_.store.Status().gateway_rules.last_error, HasSubstr(kMissing));
    EXPECT_THAT(files_.store.Status().mcp_config.last_error, HasSubstr("/mcpServers/s/command"));
  }
  for (int round = 0; round < 2; ++round) {
    files_.dir.RenameOver("rules.json", R"({"agents":{"a":{"dney":{}},"b":{"alow":{}}}})");
    files_.dir.Remove("mcp.json");
    const ReloadOutcome outcome = Reload();
    EXPECT_FALSE(outcome.ok);
    ASSERT_THAT(outcome.issues, SizeIs(3));
    EXPECT_THAT(FormatIssue(outcome.issues[0]), HasSubstr("rules.json:1:"));
    EXPECT_THAT(FormatIssue(outcome.issues[2]), HasSubstr("mcp.json: error: cannot open"));
    EXPECT_THAT(files_.store.Status().gateway_rules.last_error, HasSubstr("dney"));
    EXPECT_THAT(files_.store.Status().gateway_rules.last_error, HasSubstr("alow"));
    EXPECT_THAT(files_.store.Status().mcp_config.last_error, HasSubstr(kMissing));
  }
  files_.dir.Remove("rules.json");
  EXPECT_THAT(Reload().issues, SizeIs(2));
  // Good or not, half of a policy is none; what was missing comes back to a whole one.
  files_.dir.RenameOver("rules.json", RulesAllowing("a", {"s"}));
  EXPECT_FALSE(Reload().ok);
  EXPECT_EQ(files_.store.Current(), nullptr);
  files_.dir.RenameOver("mcp.json", CatalogOf({"s"}));
  EXPECT_TRUE(Reload().ok);
  EXPECT_TRUE(Allows(*files_.store.Current(), "a", "s"));
  files_.dir.Remove("rules.json");
  EXPECT_FALSE(Reload().ok);
  EXPECT_TRUE(Allows(*files_.store.Current(), "a", "s"));
}

// Unlike text that is wrong, the same may load later.
TEST_F(ReloaderTest, LoadsWhatMemoryDidNotSufficeForOnceItDoes) {
  for (const std::string& rules :
       {RulesThatTakeMemory(), RulesAllowing("a", {"t"}) + std::string(size_t{64} << 20, ' ')}) {
    Write({"s"}, {"s"});
    ASSERT_TRUE(Reload().ok);
    files_.dir.RenameOver("rules.json", rules);
    {
      const LimitedAddresses limited(size_t{24} << 20);
      const ReloadOutcome outcome = Reload();
      EXPECT_FALSE(outcome.ok);
      ASSERT_THAT(outcome.issues, SizeIs(1));
      EXPECT_THAT(outcome.issues[0].message, HasSubstr("memory"));
      EXPECT_TRUE(Allows(*outcome.policy, "a", "s"));
      EXPECT_EQ(files_.store.State().state, ServingState::kStale);
    }
    EXPECT_TRUE(Reload().ok);
    EXPECT_FALSE(Allows(*files_.store.Current(), "a", "s"));
  }
}

TEST_F(ReloaderTest, WithoutAGoodLoadThereIsNoPolicy) {
  const ReloadOutcome outcome = Reload();
  EXPECT_FALSE(outcome.ok);
  EXPECT_EQ(outcome.policy, nullptr);
  EXPECT_EQ(files_.store.State().state, ServingState::kEmpty);
  EXPECT_THAT(files_.log.Await("reload_failed"), HasSubstr("nothing is decided"));
}

// The error of one file stays while the other has one: it has not been shown to be mended.
TEST_F(ReloaderTest, AnErrorStaysUntilALoadSucceeds) {
  Write({"s"}, {"s"});
  Reload();
  files_.dir.RenameOver("mcp.json", "nonsense");
  Reload();
  files_.dir.RenameOver("mcp.json", CatalogOf({"s", "t"}));
  files_.dir.RenameOver("rules.json", "nonsense");
  Reload();
  EXPECT_NE(files_.store.Status().gateway_rules.last_error, "");
  EXPECT_NE(files_.store.Status().mcp_config.last_error, "");
  Write({"t"}, {"s", "t"});
  EXPECT_TRUE(Reload().ok);
  EXPECT_EQ(files_.store.Status().gateway_rules.last_error, "");
  EXPECT_EQ(files_.store.Status().mcp_config.last_error, "");
}

TEST_F(ReloaderTest, AFailureKeepsTheWarningsOfTheLastLoad) {
  Write({"unknown"}, {"s"});
  Reload();
  ASSERT_THAT(files_.store.Status().gateway_rules.last_warnings, SizeIs(1));
  files_.dir.RenameOver("rules.json", "nonsense");
  Reload();
  EXPECT_THAT(files_.store.Status().gateway_rules.last_warnings, SizeIs(1));
}

TEST_F(ReloaderTest, AnErrorIsNoWarningAndAWarningNoError) {
  files_.dir.RenameOver("mcp.json", CatalogOf({"s"}));
  files_.dir.RenameOver("rules.json",
                        R"({"agents":{"a":{"allow":{"servers":[]}},"b":{"alow":{}}}})");
  EXPECT_THAT(Reload().issues, SizeIs(2));
  const FileStatus rules = files_.store.Status().gateway_rules;
  EXPECT_THAT(rules.last_error, HasSubstr("alow"));
  EXPECT_THAT(rules.last_error, testing::Not(HasSubstr("warning")));
  EXPECT_THAT(rules.last_warnings, IsEmpty());
}

TEST_F(ReloaderTest, AWarningIsGivenAgainWithEqualBytes) {
  Write({"unknown"}, {"s"});
  Reload();
  const ReloadOutcome again = Reload();
  EXPECT_FALSE(again.changed);
  EXPECT_THAT(again.issues, SizeIs(1));
}

TEST_F(ReloaderTest, ValidateOnlySaysWhatWouldChangeAndChangesNothing) {
  Write({"s"}, {"s"});
  const auto good = Reload().policy;
  files_.dir.RenameOver("rules.json", RulesAllowing("b", {"s"}));
  const ReloadOutcome would = Reload(ReloadMode::kValidateOnly);
  EXPECT_TRUE(would.ok);
  EXPECT_TRUE(would.changed);
  EXPECT_THAT(would.diff.added_agents, ElementsAre("b"));
  EXPECT_EQ(would.policy, good);
  files_.dir.RenameOver("rules.json", "nonsense");
  EXPECT_FALSE(Reload(ReloadMode::kValidateOnly).ok);
  EXPECT_EQ(files_.store.Current(), good);
  EXPECT_EQ(files_.store.State().state, ServingState::kServing);
  EXPECT_EQ(files_.store.Status().gateway_rules.attempt_count, 1U);
  EXPECT_EQ(files_.store.Status().gateway_rules.last_error, "");
}

TEST_F(ReloaderTest, WithoutACatalogItsStatusStaysEmpty) {
  ReloadHarness files(ReloadHarness::Catalog::kNone, clock_);
  files.dir.WriteInPlace("rules.json", RulesAllowing("a", {"unknown"}));
  const ReloadOutcome outcome = files.reloader.Reload();
  EXPECT_TRUE(outcome.ok);
  EXPECT_THAT(outcome.issues, IsEmpty());
  const FileStatus catalog = files.store.Status().mcp_config;
  EXPECT_EQ(catalog.path, "");
  EXPECT_EQ(catalog.attempt_count, 0U);
  EXPECT_EQ(catalog.last_attempt, absl::InfinitePast());
}

TEST_F(ReloaderTest, LogsEachReloadAndALineForEachIssue) {
  Write({"u1", "u2"}, {"s"});
  Reload();
  EXPECT_THAT(files_.log.Await("reload_succeeded"), HasSubstr("\"generation\":1"));
  const std::string warning = files_.log.Await("policy_warning");
  EXPECT_THAT(warning, HasSubstr("u1"));
  EXPECT_THAT(warning, HasSubstr("\"level\":\"warning\""));
  EXPECT_THAT(files_.log.Await("policy_warning"), HasSubstr("u2"));
  files_.dir.RenameOver("rules.json", "nonsense");
  Reload();
  EXPECT_THAT(files_.log.Await("reload_failed"), HasSubstr("the last good policy"));
  const std::string error = files_.log.Await("policy_error");
  EXPECT_THAT(error, HasSubstr("rules.json"));
  EXPECT_THAT(error, HasSubstr("\"level\":\"error\""));
}

TEST_F(ReloaderTest, ThePollSaysTheSameThingOnce) {
  Write({"s"}, {"s"});
  Reload();
  EXPECT_THAT(files_.log.Take("reload_succeeded"), SizeIs(1));
  Reload(ReloadMode::kPoll);
  EXPECT_THAT(files_.log.Await("reload_unchanged"), HasSubstr("\"level\":\"debug\""));
  Reload();
  EXPECT_THAT(files_.log.Await("reload_unchanged"), HasSubstr("\"level\":\"info\""));
  // What is mended and breaks again is said again.
  for (const char* file : {"rules.json", "rules.json", "mcp.json"}) {
    files_.dir.Remove(file);
    Reload(ReloadMode::kPoll);
    Reload(ReloadMode::kPoll);
    EXPECT_THAT(files_.log.Take("reload_failed"), SizeIs(1)) << file;
    Write({"s"}, {"s"});
    Reload(ReloadMode::kPoll);
    EXPECT_THAT(files_.log.Take("reload_succeeded"), SizeIs(1)) << file;
  }
}

}  // namespace
}  // namespace ostiary::pdp
