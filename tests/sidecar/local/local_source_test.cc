#include "sidecar/local/local_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/unique_fd.h"
#include "tests/support/recording_sink.h"

namespace ostiary::sidecar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kRules[] = R"({"agents": {"a": {
  "allow": {"servers": ["s"], "tools": {"s": ["read"]}, "resources": {"s": ["file:*"]},
            "prompts": {"s": ["hello"]}},
  "deny": {"tools": {"*": ["delete_*"]}}}}})";

class LocalSourceTest : public ::testing::Test {
 protected:
  LocalSourceTest()
      : log_pipe_(MakePipe()), log_(log_pipe_.second.get(), LogLevel::kDebug, Clock::System()) {
    std::string path = ::testing::TempDir() + "/ostiary_local_XXXXXX";
    folder_ = ::mkdtemp(path.data());
  }
  ~LocalSourceTest() override {
    source_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string RulesPath() const { return folder_ + "/rules.json"; }
  void WriteRules(absl::string_view text) const {
    std::ofstream(folder_ + "/next", std::ios::binary) << text;
    std::filesystem::rename(folder_ + "/next", RulesPath());
  }
  void Start(std::optional<std::string> mcp_config = std::nullopt) {
    LocalSourceOptions options;
    options.agent = "a";
    options.server = "s";
    options.paths.rules = RulesPath();
    options.paths.mcp_config = std::move(mcp_config);
    options.epoch = "e";
    options.watch.debounce = std::chrono::milliseconds(1);
    auto source = LocalSource::Create(std::move(options), &sink_, Clock::System(), log_);
    ASSERT_TRUE(source.ok()) << source.status();
    source_ = *std::move(source);
  }
  // The answer must be there when Ask returns.
  SourceAnswer Ask(const std::vector<Access>& accesses) {
    source_->Ask(7, accesses);
    while (!sink_.empty()) {
      SourceEvent event = *sink_.Next();
      if (auto* answer = std::get_if<SourceAnswer>(&event)) return std::move(*answer);
    }
    ADD_FAILURE() << "no answer was posted during Ask";
    return {};
  }

  static std::pair<UniqueFd, UniqueFd> MakePipe() {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
  }
  // Waits until `event` is logged.
  void AwaitLogged(const std::string& event) {
    std::string text;
    char bytes[4096];
    pollfd slot = {log_pipe_.first.get(), POLLIN, 0};
    while (text.find("\"event\":\"" + event + "\"") == std::string::npos) {
      ASSERT_EQ(::poll(&slot, 1, 20'000), 1) << text;
      const ssize_t size = ::read(log_pipe_.first.get(), bytes, sizeof(bytes));
      ASSERT_GT(size, 0);
      text.append(bytes, static_cast<size_t>(size));
    }
  }

  const std::pair<UniqueFd, UniqueFd> log_pipe_;
  const Log log_;
  RecordingSink sink_;
  std::string folder_;
  std::unique_ptr<LocalSource> source_;
};

TEST_F(LocalSourceTest, PostsItsRevisionAtTheStartWithALeaseWithoutEnd) {
  WriteRules(kRules);
  Start();
  ASSERT_FALSE(sink_.empty());
  const SourceEvent first = *sink_.Next();
  const auto& revision = std::get<SourceRevision>(first);
  EXPECT_EQ(revision.revision.epoch, "e");
  EXPECT_EQ(revision.revision.generation, 1u);
  EXPECT_THAT(revision.revision.digest, HasSubstr("sha256:"));
  EXPECT_GT(revision.lease_end, Clock::System().Now() + std::chrono::hours(24 * 365));
  EXPECT_EQ(Ask({Access{}}).revision, revision.revision);
}

TEST_F(LocalSourceTest, DecidesEveryKindInTheOrderAsked) {
  WriteRules(kRules);
  Start();
  const struct {
    Access access;
    bool allowed;
    const char* reason;
    const char* pointer;
    const char* pattern;
  } cases[] = {
      {{AccessKind::kServer, ""}, true, "SERVER_ALLOWED", "/agents/a/allow/servers/0", "s"},
      {{AccessKind::kTool, "read"}, true, "EXPLICIT_ALLOW", "/agents/a/allow/tools/s/0", "read"},
      {{AccessKind::kTool, "delete_x"},
       false,
       "PATTERN_DENY",
       "/agents/a/deny/tools/*/0",
       "delete_*"},
      {{AccessKind::kTool, "hello"}, false, "TOOL_NOT_ALLOWED", "", ""},
      {{AccessKind::kResource, "file:x"},
       true,
       "PATTERN_ALLOW",
       "/agents/a/allow/resources/s/0",
       "file:*"},
      {{AccessKind::kResource, "read"}, false, "RESOURCE_NOT_ALLOWED", "", ""},
      {{AccessKind::kPrompt, "hello"},
       true,
       "EXPLICIT_ALLOW",
       "/agents/a/allow/prompts/s/0",
       "hello"},
      {{AccessKind::kPrompt, "file:x"}, false, "PROMPT_NOT_ALLOWED", "", ""},
  };
  std::vector<Access> accesses;
  for (const auto& test : cases) accesses.push_back(test.access);
  const SourceAnswer answer = Ask(accesses);
  EXPECT_EQ(answer.id, 7u);
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  ASSERT_EQ(answer.verdicts.size(), std::size(cases));
  for (size_t i = 0; i < std::size(cases); ++i) {
    const Verdict& verdict = answer.verdicts[i];
    EXPECT_EQ(verdict.allowed, cases[i].allowed) << i;
    EXPECT_EQ(verdict.reason, cases[i].reason) << i;
    EXPECT_EQ(verdict.rule_pointer, cases[i].pointer) << i;
    EXPECT_EQ(verdict.rule_pattern, cases[i].pattern) << i;
    EXPECT_EQ(verdict.rule_file.empty(), verdict.rule_pointer.empty()) << i;
    EXPECT_EQ(verdict.rule_line > 0, !verdict.rule_pointer.empty()) << i;
    EXPECT_EQ(verdict.rule_column > 0, !verdict.rule_pointer.empty()) << i;
    EXPECT_FALSE(verdict.message.empty()) << i;
  }
  EXPECT_EQ(answer.verdicts[2].rule_line, 4u);
  EXPECT_EQ(answer.verdicts[2].rule_column, 28u);
}

TEST_F(LocalSourceTest, PostsANewRevisionWhenTheFileChanges) {
  WriteRules(kRules);
  Start();
  const Revision first = Ask({Access{}}).revision;
  WriteRules(R"({"agents": {"a": {"allow": {"servers": ["other"]}}}})");
  const auto changed = sink_.Await<SourceRevision>();
  ASSERT_TRUE(changed.has_value());
  EXPECT_EQ(changed->revision.epoch, first.epoch);
  EXPECT_EQ(changed->revision.generation, 2u);
  EXPECT_NE(changed->revision.digest, first.digest);
  const SourceAnswer answer = Ask({Access{}});
  EXPECT_EQ(answer.revision, changed->revision);
  EXPECT_FALSE(answer.verdicts.at(0).allowed);
}

TEST_F(LocalSourceTest, AnswersWithAnErrorUntilAPolicyLoads) {
  Start();
  const SourceAnswer nothing = Ask({Access{}});
  EXPECT_EQ(nothing.status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(nothing.status.message()), HasSubstr("no policy has loaded"));
  EXPECT_THAT(std::string(nothing.status.message()), HasSubstr("rules.json"));
  EXPECT_TRUE(nothing.verdicts.empty());
  WriteRules(kRules);
  ASSERT_TRUE(sink_.Await<SourceRevision>().has_value());
  EXPECT_TRUE(Ask({Access{}}).verdicts.at(0).allowed);
}

TEST_F(LocalSourceTest, SaysWhichFileKeepsAPolicyFromLoading) {
  WriteRules(kRules);
  Start(folder_ + "/mcp.json");
  EXPECT_THAT(std::string(Ask({Access{}}).status.message()),
              AllOf(HasSubstr("no policy has loaded"), HasSubstr("mcp.json")));
}

TEST_F(LocalSourceTest, GoesOnDecidingByTheLastGoodPolicy) {
  WriteRules(kRules);
  Start();
  WriteRules("{");
  AwaitLogged("reload_failed");
  const SourceAnswer answer = Ask({{AccessKind::kTool, "read"}});
  EXPECT_TRUE(answer.status.ok());
  EXPECT_TRUE(answer.verdicts.at(0).allowed);
}

}  // namespace
}  // namespace ostiary::sidecar
