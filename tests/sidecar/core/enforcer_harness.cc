#include "tests/sidecar/core/enforcer_harness.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace ostiary::sidecar {
namespace {

constexpr int kNowhere = -1;

EnforcerOptions Named(EnforcerOptions options) {
  if (options.agent.empty()) options.agent = "researcher";
  if (options.server.empty()) options.server = "files";
  return options;
}

// In memory of their own, so that ASan sees what reads on behind them.
std::vector<char> JustThese(absl::string_view line) { return {line.begin(), line.end()}; }

}  // namespace

EnforcerHarness::EnforcerHarness(EnforcerOptions options)
    : policy([](const Access& access) {
        return access.kind == AccessKind::kServer || !absl::StartsWith(access.name, "deny");
      }),
      log(kNowhere, LogLevel::kError, Clock::System()),
      enforcer(std::make_unique<Enforcer>(Named(std::move(options)), &source, this, log)) {}

void EnforcerHarness::Client(absl::string_view line) {
  const std::vector<char> bytes = JustThese(line);
  enforcer->OnClientLine({bytes.data(), bytes.size()}, now);
}

void EnforcerHarness::Server(absl::string_view line) {
  const std::vector<char> bytes = JustThese(line);
  enforcer->OnServerLine({bytes.data(), bytes.size()}, now);
}

Revision EnforcerHarness::Rev(uint64_t generation, absl::string_view epoch) {
  return {std::string(epoch), generation, absl::StrCat("sha256:", generation)};
}

void EnforcerHarness::Present(uint64_t present, MonoDuration lease, absl::string_view epoch) {
  generation = present;
  enforcer->OnSourceEvent(SourceRevision{Rev(present, epoch), now + lease}, now);
}

void EnforcerHarness::Lost(const absl::Status& status) {
  source.open.clear();
  enforcer->OnSourceEvent(SourceLost{status}, now);
}

void EnforcerHarness::AnswerOne(uint64_t made_under, absl::string_view epoch) {
  const FakeSource::Question question = std::move(source.open.front());
  source.open.pop_front();
  SourceAnswer answer;
  answer.id = question.id;
  answer.revision = Rev(made_under == 0 ? generation : made_under, epoch);
  for (const Access& access : question.accesses) {
    Verdict verdict;
    verdict.allowed = policy(access);
    verdict.reason = verdict.allowed ? "EXPLICIT_ALLOW" : deny_reason;
    verdict.message = "as the test's policy says";
    verdict.rule_file = "rules.json";
    verdict.rule_pointer = "/agents/researcher/deny/tools/files/0";
    verdict.rule_pattern = "deny*";
    verdict.rule_line = 7;
    verdict.rule_column = 3;
    answer.verdicts.push_back(std::move(verdict));
  }
  enforcer->OnSourceEvent(std::move(answer), now);
}

void EnforcerHarness::AnswerAll() {
  while (!source.open.empty()) AnswerOne();
}

void EnforcerHarness::FailOne(absl::Status status) {
  SourceAnswer answer;
  answer.id = source.open.front().id;
  answer.status = std::move(status);
  source.open.pop_front();
  enforcer->OnSourceEvent(std::move(answer), now);
}

void EnforcerHarness::Advance(MonoDuration by) {
  now += by;
  enforcer->OnTime(now);
}

std::vector<std::string> EnforcerHarness::TakeToClient() { return std::exchange(to_client, {}); }

std::vector<std::string> EnforcerHarness::TakeToServer() { return std::exchange(to_server, {}); }

void EnforcerHarness::Initialize() {
  Present(1);
  enforcer->Start(now);
  AnswerAll();
  Client(Request("\"init\"", "initialize"));
  Server(
      R"({"jsonrpc":"2.0","id":"init","result":{"capabilities":{"tools":{"listChanged":true}}}})");
  TakeToClient();
  TakeToServer();
}

std::string Call(absl::string_view id, absl::string_view name) {
  return absl::StrCat(R"({"jsonrpc":"2.0","id":)", id,
                      R"(,"method":"tools/call","params":{"name":")", name,
                      R"(","arguments":{}}})");
}

std::string Request(absl::string_view id, absl::string_view method) {
  return absl::StrCat(R"({"jsonrpc":"2.0","id":)", id, R"(,"method":")", method, R"("})");
}

std::string Notify(absl::string_view method) {
  return absl::StrCat(R"({"jsonrpc":"2.0","method":")", method, R"("})");
}

std::string Cancel(absl::string_view id) {
  return absl::StrCat(
      R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":)", id, "}}");
}

std::string Result(absl::string_view id) {
  return absl::StrCat(R"({"jsonrpc":"2.0","id":)", id, R"(,"result":{}})");
}

std::string ToolList(absl::string_view id, const std::vector<std::string>& names) {
  std::string out = absl::StrCat(R"({"jsonrpc":"2.0","id":)", id, R"(,"result":{"tools":[)");
  for (size_t i = 0; i < names.size(); ++i) {
    absl::StrAppend(&out, i == 0 ? "" : ",", R"({"name":")", names[i], R"("})");
  }
  return absl::StrCat(out, "]}}");
}

}  // namespace ostiary::sidecar
