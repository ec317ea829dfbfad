// The sidecar as a program: real processes, `--rules`, and a toy server with bad habits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/test_process.h"

namespace ostiary::sidecar {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kRules[] =
    R"({"agents": {"a": {"allow": {"servers": ["toy"], "tools": {"toy": ["read", "pids"]}},
                         "deny": {"tools": {"*": ["delete_*"]}}}}})";
constexpr char kReadForbidden[] =
    R"({"agents": {"a": {"allow": {"servers": ["toy"], "tools": {"toy": ["write"]}}}}})";

class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest() {
    std::string path = ::testing::TempDir() + "/ostiary_program_XXXXXX";
    folder_ = ::mkdtemp(path.data());
    WriteFile("rules.json", kRules);
  }
  ~ProgramTest() override {
    sidecar_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string Path(absl::string_view name) const { return absl::StrCat(folder_, "/", name); }
  void WriteFile(absl::string_view name, absl::string_view text) const {
    const std::string next = Path("next");
    std::ofstream(next, std::ios::binary) << text;
    std::filesystem::rename(next, Path(name));
  }
  std::string FileText(absl::string_view name) const {
    std::ostringstream text;
    text << std::ifstream(Path(name)).rdbuf();
    return text.str();
  }

  // Runs the sidecar in front of `command`.
  TestProcess& RunBefore(const std::vector<std::string>& command,
                         const std::vector<std::string>& flags = {},
                         const std::vector<std::string>& variables = {}) {
    std::vector<std::string> arguments = {SIDECAR,    "run", "--agent", "a",
                                          "--server", "toy", "--rules", Path("rules.json")};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    if (!command.empty()) arguments.emplace_back("--");
    arguments.insert(arguments.end(), command.begin(), command.end());
    sidecar_ = std::make_unique<TestProcess>(arguments, variables);
    return *sidecar_;
  }
  TestProcess& RunBeforeToy(const std::vector<std::string>& habits = {},
                            const std::vector<std::string>& flags = {}) {
    std::vector<std::string> command = {TOY_SERVER, "--calls-file", Path("calls")};
    command.insert(command.end(), habits.begin(), habits.end());
    return RunBefore(command, flags);
  }

  void SendCall(int id, absl::string_view tool) {
    sidecar_->WriteLine(absl::StrCat(R"({"jsonrpc":"2.0","id":)", id,
                                     R"(,"method":"tools/call","params":{"name":")", tool,
                                     R"(","arguments":{}}})"));
  }
  std::string Call(int id, absl::string_view tool) {
    SendCall(id, tool);
    return sidecar_->ReadLine().value_or("(nothing)");
  }
  std::string Initialize() {
    sidecar_->WriteLine(
        R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18",)"
        R"("capabilities":{},"clientInfo":{"name":"test","version":"1"}}})");
    std::string answer = sidecar_->ReadLine().value_or("(nothing)");
    sidecar_->WriteLine(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
    return answer;
  }
  // The server and its grandchild, to see them end.
  std::pair<WatchedProcess, WatchedProcess> Family() {
    const std::string answer = Call(77, "pids");
    const std::vector<std::string> parts = absl::StrSplit(answer, absl::ByAnyChar("\" "));
    std::vector<pid_t> pids;
    for (const std::string& part : parts) {
      if (!part.empty() && part.find_first_not_of("0123456789") == part.npos) {
        pids.push_back(std::stoi(part));
      }
    }
    EXPECT_EQ(pids.size(), 2u) << answer;
    pids.resize(2, ::getpid());
    return {WatchedProcess(pids[0]), WatchedProcess(pids[1])};
  }

  std::string folder_;
  std::unique_ptr<TestProcess> sidecar_;
};

TEST_F(ProgramTest, FiltersListsAndDecidesCalls) {
  TestProcess& sidecar = RunBeforeToy();
  EXPECT_THAT(Initialize(), HasSubstr(R"("serverInfo":{"name":"toy")"));
  sidecar.WriteLine(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})");
  EXPECT_THAT(sidecar.ReadLine().value_or(""),
              AllOf(HasSubstr(R"("name":"read")"), HasSubstr(R"("name":"pids")"),
                    Not(HasSubstr("write")), Not(HasSubstr("delete_all"))));
  EXPECT_EQ(Call(2, "read"),
            R"({"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"done"}]}})");
  EXPECT_THAT(Call(3, "delete_all"),
              AllOf(StartsWith(R"({"jsonrpc":"2.0","id":3,"result":)"),
                    HasSubstr(R"("isError":true)"), HasSubstr("/agents/a/deny/tools/*/0")));
  EXPECT_THAT(Call(4, "write"), HasSubstr("TOOL_NOT_ALLOWED"));
  sidecar.CloseInput();
  EXPECT_THAT(sidecar.ReadRest(), IsEmpty());
  EXPECT_EQ(sidecar.Wait(), 0);
  EXPECT_EQ(FileText("calls"), "read\n");
}

TEST_F(ProgramTest, AnswersDeniedCallsWithAnErrorWhereToldTo) {
  RunBeforeToy({}, {"--denial=error"});
  Initialize();
  EXPECT_THAT(Call(3, "delete_all"), StartsWith(R"({"jsonrpc":"2.0","id":3,"error":)"));
}

TEST_F(ProgramTest, DecidesByNewRulesAndTellsTheClient) {
  TestProcess& sidecar = RunBeforeToy();
  Initialize();
  sidecar.WriteLine(R"({"jsonrpc":"2.0","id":9,"method":"tools/list"})");
  EXPECT_THAT(sidecar.ReadLine().value_or(""), HasSubstr(R"("name":"read")"));
  EXPECT_THAT(Call(1, "read"), HasSubstr("done"));
  WriteFile("rules.json", kReadForbidden);
  EXPECT_EQ(sidecar.ReadLine().value_or("(nothing)"),
            R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed"})");
  EXPECT_THAT(Call(2, "read"), HasSubstr("TOOL_NOT_ALLOWED"));
  EXPECT_THAT(Call(3, "write"), HasSubstr("done"));
  EXPECT_EQ(FileText("calls"), "read\nwrite\n");
}

TEST_F(ProgramTest, DeniesEverythingWhereNoPolicyLoads) {
  WriteFile("rules.json", "{\"agents\": ");
  TestProcess& sidecar = RunBeforeToy();
  EXPECT_THAT(Initialize(), AllOf(StartsWith(R"({"jsonrpc":"2.0","id":0,"error":)"),
                                  HasSubstr("no policy has loaded"), HasSubstr("rules.json")));
  sidecar.CloseInput();
  EXPECT_EQ(sidecar.Wait(), 0);
  EXPECT_THAT(sidecar.Errors(),
              HasSubstr(R"("reason":"DECISION_SOURCE_FAILED","why":"the decision point answered )"
                        R"(FAILED_PRECONDITION: no policy has loaded)"));
}

TEST_F(ProgramTest, NeverStartsAServerThatTheAgentMayNotUse) {
  WriteFile("rules.json", R"({"agents": {"a": {"allow": {"servers": ["other"]}}}})");
  TestProcess& sidecar = RunBefore({"sh", "-c", absl::StrCat("touch ", Path("started"))});
  EXPECT_THAT(Initialize(), HasSubstr("SERVER_NOT_ALLOWED"));
  sidecar.CloseInput();
  EXPECT_EQ(sidecar.Wait(), 0);
  EXPECT_FALSE(std::filesystem::exists(Path("started")));
}

TEST_F(ProgramTest, PassesTheServersStatusOn) {
  TestProcess& sidecar = RunBeforeToy({"--exit", "5"});
  Initialize();
  sidecar.CloseInput();
  EXPECT_EQ(sidecar.Wait(), 5);
}

TEST_F(ProgramTest, ServerThatDiesLeavesNoRequestWithoutAnAnswer) {
  TestProcess& sidecar = RunBeforeToy({"--answer-late", "--die-of-pids"});
  Initialize();
  for (int id = 1; id <= 99; ++id) SendCall(id, "read");
  SendCall(100, "pids");
  int errors = 0;
  while (const auto line = sidecar.ReadLine()) {
    EXPECT_THAT(*line, HasSubstr("\"error\""));
    ++errors;
  }
  EXPECT_EQ(errors, 100);
  EXPECT_EQ(sidecar.Wait(), 128 + SIGKILL);
}

TEST_F(ProgramTest, PassesOnWhatIsAnsweredAfterTheEndOfInput) {
  TestProcess& sidecar = RunBeforeToy({"--answer-late"});
  Initialize();
  for (int id = 1; id <= 100; ++id) SendCall(id, "read");
  sidecar.CloseInput();
  int answers = 0;
  while (const auto line = sidecar.ReadLine()) {
    EXPECT_THAT(*line, HasSubstr("done"));
    ++answers;
  }
  EXPECT_EQ(answers, 100);
  EXPECT_EQ(sidecar.Wait(), 0);
}

// Python's SDK 1.x closes with calls open that it timed out, and fails over a line that comes then.
TEST_F(ProgramTest, SaysNothingOfItsOwnAfterTheEndOfInput) {
  const std::vector<std::string> habits[] = {{"--never-answer"},
                                             {"--never-answer", "--ignore-eof"}};
  for (const std::vector<std::string>& of_the_server : habits) {
    TestProcess& sidecar = RunBeforeToy(of_the_server);
    Initialize();
    SendCall(1, "read");
    sidecar.CloseInput();
    EXPECT_EQ(sidecar.ReadLine(), std::nullopt) << of_the_server.size();
  }
}

TEST_F(ProgramTest, EndOfInputEndsAStubbornFamilyWithinFourSeconds) {
  TestProcess& sidecar = RunBeforeToy({"--ignore-eof", "--ignore-term", "--grandchild"});
  Initialize();
  const auto [server, grandchild] = Family();
  sidecar.CloseInput();
  const milliseconds took = sidecar.TimeToEnd();
  RecordProperty("milliseconds", static_cast<int>(took.count()));
  EXPECT_LT(took, milliseconds(4000));
  EXPECT_GT(took, milliseconds(2400));  // it had its time
  EXPECT_EQ(sidecar.Wait(), 128 + SIGKILL);
  EXPECT_TRUE(server.Ends());
  EXPECT_TRUE(grandchild.Ends());
}

TEST_F(ProgramTest, EndOfInputEndsAnOrderlyServerAtOnceThoughAGrandchildHoldsThePipes) {
  TestProcess& sidecar = RunBeforeToy({"--ignore-term", "--grandchild"});
  Initialize();
  const auto [server, grandchild] = Family();
  sidecar.CloseInput();
  EXPECT_LT(sidecar.TimeToEnd(), milliseconds(1500));
  EXPECT_EQ(sidecar.Wait(), 0);
  EXPECT_TRUE(grandchild.Ends());
}

TEST_F(ProgramTest, SignalsEndAStubbornFamilyWithinASecond) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    TestProcess& sidecar = RunBeforeToy({"--ignore-eof", "--ignore-term", "--grandchild"});
    Initialize();
    const auto [server, grandchild] = Family();
    sidecar.Signal(signal);
    EXPECT_LT(sidecar.TimeToEnd(), milliseconds(1000)) << signal;
    EXPECT_EQ(sidecar.Wait(), 128 + SIGKILL);
    EXPECT_TRUE(server.Ends());
    EXPECT_TRUE(grandchild.Ends());
  }
}

TEST_F(ProgramTest, SignalIsPassedOnAtOnceAndOpenCallsGetTheirErrors) {
  TestProcess& sidecar = RunBeforeToy({"--answer-late", "--ignore-eof"});
  Initialize();
  for (int id = 1; id <= 100; ++id) SendCall(id, "read");
  Call(200, "delete_all");  // all before it are with the server
  sidecar.Signal(SIGTERM);
  int answers = 0;
  while (sidecar.ReadLine().has_value()) ++answers;
  EXPECT_EQ(answers, 100);
  EXPECT_EQ(sidecar.Wait(), 128 + SIGTERM);
}

TEST_F(ProgramTest, ProbeWithEndOfInputAndSignalAtOnceIsGoneWithinASecond) {
  TestProcess& sidecar = RunBeforeToy();
  sidecar.WriteLine(R"({"jsonrpc":"2.0","id":0,"method":"server/discover","params":{}})");
  sidecar.CloseInput();
  sidecar.Signal(SIGTERM);
  EXPECT_LT(sidecar.TimeToEnd(), milliseconds(1000));
}

TEST_F(ProgramTest, KilledSidecarLeavesNoOrphan) {
  for (int round = 0; round < 3; ++round) {
    TestProcess& sidecar = RunBeforeToy({"--ignore-eof", "--ignore-term", "--grandchild"});
    Initialize();
    const auto [server, grandchild] = Family();
    EXPECT_TRUE(grandchild.Lives());
    sidecar.Signal(SIGKILL);
    EXPECT_EQ(sidecar.Wait(), 128 + SIGKILL);
    EXPECT_TRUE(server.Ends());
    EXPECT_TRUE(grandchild.Ends());
  }
}

TEST_F(ProgramTest, ClientThatStopsReadingEndsIt) {
  TestProcess& sidecar = RunBeforeToy({"--grandchild"});
  Initialize();
  const auto [server, grandchild] = Family();
  sidecar.CloseOutput();
  EXPECT_LT(sidecar.TimeToEnd(), milliseconds(4000));
  EXPECT_TRUE(server.Ends());
  EXPECT_TRUE(grandchild.Ends());
}

TEST_F(ProgramTest, LineTooLongIsRefusedAndTheSessionLivesOn) {
  TestProcess& sidecar = RunBeforeToy({}, {"--max-line-bytes", "2000"});
  Initialize();
  sidecar.WriteLine(absl::StrCat(R"({"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":")",
                                 std::string(5'000'000, 'x'), "\"}}"));
  EXPECT_THAT(sidecar.ReadLine().value_or(""), HasSubstr("\"error\""));
  EXPECT_THAT(Call(2, "read"), HasSubstr("done"));
}

TEST_F(ProgramTest, WhatIsLoggedOfAMethodIsShort) {
  TestProcess& sidecar = RunBeforeToy();
  Initialize();
  const std::string method(100'000, 'm');
  for (const char* id : {R"("id":1,)", ""}) {
    sidecar.WriteLine(absl::StrCat(R"({"jsonrpc":"2.0",)", id, R"("method":")", method, R"("})"));
  }
  EXPECT_THAT(sidecar.ReadLine().value_or(""), HasSubstr("METHOD_NOT_COVERED"));
  sidecar.CloseInput();
  EXPECT_EQ(sidecar.Wait(), 0);
  EXPECT_THAT(sidecar.Errors(),
              AllOf(HasSubstr("METHOD_NOT_COVERED"), HasSubstr("client_notification_dropped")));
  EXPECT_LT(sidecar.Errors().size(), 4'000U);
}

TEST_F(ProgramTest, LogsWhatItIsToldToAndWhatIsWorse) {
  const struct {
    const char* level;
    bool debug;
    bool info;
    bool warning;
  } cases[] = {{"debug", true, true, true},
               {"info", false, true, true},
               {"warning", false, false, true},
               {"error", false, false, false}};
  for (const auto& test : cases) {
    TestProcess& sidecar = RunBeforeToy({}, {"--log-level", test.level});
    Initialize();
    sidecar.WriteLine(
        R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}})");
    sidecar.WriteLine("no JSON");
    EXPECT_THAT(sidecar.ReadLine().value_or(""), HasSubstr("\"error\""));
    sidecar.CloseInput();
    EXPECT_EQ(sidecar.Wait(), 0);
    const std::string log = sidecar.Errors();
    const auto has = [&log](const char* event) { return absl::StrContains(log, event); };
    EXPECT_EQ(has("client_cancel_dropped"), test.debug) << test.level << log;
    EXPECT_EQ(has("policy_applied"), test.info) << test.level << log;
    EXPECT_EQ(has("client_line_refused"), test.warning) << test.level << log;
  }
}

TEST_F(ProgramTest, TheServerGetsTheEnvironmentAsItCame) {
  TestProcess& sidecar =
      RunBefore({"sh", "-c", absl::StrCat("env > ", Path("env"))}, {},
                {"http_proxy=http://proxy", "GRPC_TRACE=all", "OSTIARY_LOG_LEVEL=debug"});
  EXPECT_EQ(sidecar.Wait(), 0);
  EXPECT_THAT(FileText("env"), AllOf(HasSubstr("http_proxy=http://proxy\n"),
                                     HasSubstr("GRPC_TRACE=all\n"), HasSubstr("PATH=")));
}

// Whatever a library opens before us: no descriptor of it stands for a client or for stderr.
TEST_F(ProgramTest, StandardDescriptorsThatCameClosedAreNothing) {
  const auto run = [this](absl::string_view closed) {
    return std::make_unique<TestProcess>(std::vector<std::string>{
        "/bin/sh", "-c", absl::StrCat("exec \"$0\" \"$@\" ", closed), SIDECAR, "run", "--agent",
        "a", "--server", "toy", "--rules", Path("rules.json"), "--", "/bin/sh", "-c",
        absl::StrCat("readlink /proc/$$/fd/2 > ", Path("errors"), "; exec cat")});
  };
  sidecar_ = run("<&-");
  EXPECT_EQ(sidecar_->Wait(), 0);
  sidecar_ = run("2>&-");
  sidecar_->CloseInput();
  EXPECT_EQ(sidecar_->Wait(), 0);
  EXPECT_EQ(FileText("errors"), "/dev/null\n");
}

TEST_F(ProgramTest, StartsTheCatalogsCommand) {
  WriteFile("mcp.json", absl::StrCat(R"({"mcpServers": {"toy": {"command": ")", TOY_SERVER,
                                     R"(", "args": ["--exit", "${STATUS}"]}}})"));
  TestProcess& sidecar = RunBefore({}, {"--mcp-config", Path("mcp.json")}, {"STATUS=6"});
  EXPECT_THAT(Initialize(), HasSubstr("toy"));
  sidecar.CloseInput();
  EXPECT_EQ(sidecar.Wait(), 6);
}

TEST_F(ProgramTest, ACommandBeatsTheCatalogs) {
  WriteFile("mcp.json", R"({"mcpServers": {"toy": {"command": "false"}}})");
  TestProcess& sidecar = RunBefore({TOY_SERVER, "--exit", "6"}, {"--mcp-config", Path("mcp.json")});
  EXPECT_THAT(Initialize(), HasSubstr("toy"));
  sidecar.CloseInput();
  EXPECT_EQ(sidecar.Wait(), 6);
}

// The catalog may name a sidecar too, one with other arguments.
TEST_F(ProgramTest, StartsTheCatalogsSidecar) {
  WriteFile("mcp.json",
            absl::StrCat(R"({"mcpServers": {"toy": {"command": ")", SIDECAR,
                         R"(", "args": ["run", "--agent", "a", "--server", "toy", "--rules", ")",
                         Path("rules.json"), R"(", "--", ")", TOY_SERVER, R"("]}}})"));
  TestProcess& sidecar = RunBefore({}, {"--mcp-config", Path("mcp.json")});
  EXPECT_THAT(Initialize(), HasSubstr("toy"));
  sidecar.CloseInput();
  EXPECT_EQ(sidecar.Wait(), 0);
}

// A client's configuration that starts the sidecar, given to that sidecar as its catalog.
TEST_F(ProgramTest, DoesNotStartItselfWithoutEnd) {
  const std::string args =
      absl::StrCat(R"("args": ["run", "--agent", "a", "--server", "toy", "--rules", ")",
                   Path("rules.json"), R"(", "--mcp-config", ")", Path("mcp.json"), R"("])");
  for (const char* variables : {"{}", R"({"TOKEN": "t", "A": "1"})"}) {
    WriteFile("mcp.json", absl::StrCat(R"({"mcpServers": {"toy": {"command": ")", SIDECAR, "\", ",
                                       args, R"(, "env": )", variables, "}}}"));
    // With variables of the entry's own it is the next sidecar that is started by what it finds.
    TestProcess& sidecar = RunBefore({}, {"--mcp-config", Path("mcp.json")});
    EXPECT_EQ(sidecar.Wait(), 78) << variables;
    EXPECT_THAT(sidecar.Errors(),
                HasSubstr("mcp.json: server toy: its command is the very one that started this"));
  }
}

// The same arguments may lead elsewhere by the environment, and then they do.
TEST_F(ProgramTest, StartsItselfWhereThatLeadsToAServer) {
  WriteFile("mcp.json", absl::StrCat(R"({"mcpServers": {"toy": {"command": ")", TOY_SERVER,
                                     R"(", "args": ["--exit", "5"]}}})"));
  WriteFile("outer.json",
            absl::StrCat(R"({"mcpServers": {"toy": {"command": ")", SIDECAR,
                         R"(", "args": ["run", "--agent", "a", "--server", "toy", "--rules", ")",
                         Path("rules.json"), R"("], "env": {"OSTIARY_MCP_CONFIG": ")",
                         Path("mcp.json"), R"("}}}})"));
  TestProcess& sidecar =
      RunBefore({}, {}, {absl::StrCat("OSTIARY_MCP_CONFIG=", Path("outer.json"))});
  EXPECT_THAT(Initialize(), HasSubstr("toy"));
  sidecar.CloseInput();
  EXPECT_EQ(sidecar.Wait(), 5);
}

TEST_F(ProgramTest, SaysWhatCannotBeUsed) {
  {
    TestProcess& sidecar = RunBefore({"no-such-program"});
    EXPECT_EQ(sidecar.Wait(), 78);
    EXPECT_THAT(sidecar.Errors(),
                StartsWith("ostiary-sidecar: there is no program no-such-program in PATH"));
  }
  {
    WriteFile("mcp.json", R"({"mcpServers": {}})");
    TestProcess& sidecar = RunBefore({}, {"--mcp-config", Path("mcp.json")});
    EXPECT_EQ(sidecar.Wait(), 78);
    EXPECT_THAT(sidecar.Errors(), HasSubstr("mcp.json: it has no server toy under mcpServers"));
  }
}

TEST_F(ProgramTest, SaysHowItIsUsed) {
  const struct {
    std::vector<std::string> arguments;
    std::vector<std::string> variables;
    int status;
    const char* error;
  } cases[] = {
      {{}, {}, 64, "A subcommand is required"},
      {{"walk"}, {}, 64, "A subcommand is required"},
      {{"run", "--server", "s", "--rules", "r", "--", "c"}, {}, 64, "--agent is required"},
      {{"run", "--agent", "a", "--server", "s", "--", "c"}, {}, 64, "one of --pdp and --rules"},
      {{"run", "--agent", "a", "--server", "s", "--rules", "r", "--pdp", "p", "--", "c"},
       {},
       64,
       "exclude each other"},
      {{"run", "--agent", "a", "--server", "s", "--rules", "r"}, {}, 64, "no server to start"},
      {{"run", "--agent", "a", "--server", "s", "--rules", "r", "c"}, {}, 64, "c"},
      {{"run", "--agent", "a", "--server", "s", "--rules", "r", "--denial=x", "--", "c"},
       {},
       64,
       "--denial"},
      {{"run", "--agent", "a", "--server", "s", "--rules", "r", "--decision-timeout=5", "--", "c"},
       {},
       64,
       "5 is not a duration"},
      {{"run", "--agent", "a", "--server", "s", "--rules", "r", "--decision-timeout=0s", "--", "c"},
       {},
       64,
       "0s is not a duration"},
      {{"run", "--agent", "a", "--server", "s", "--rules", "r", "--decision-timeout=61m", "--",
        "c"},
       {},
       64,
       "61m is not a duration"},
      {{"run", "--agent", "", "--server", "s", "--rules", "r", "--", "c"},
       {},
       64,
       "--agent is empty"},
      {{"run", "--agent", "a", "--server", "", "--rules", "r", "--", "c"},
       {},
       64,
       "--server is empty"},
      {{"run", "--", "false"}, {"OSTIARY_AGENT=a", "OSTIARY_SERVER=s"}, 64, "one of --pdp"},
      // A flag beats the variable of the one that it excludes; the rest comes from variables.
      {{"run", "--rules", "r", "--", "no-such-program"},
       {"OSTIARY_AGENT=a", "OSTIARY_SERVER=s", "OSTIARY_PDP=p"},
       78,
       "no-such-program"},
      {{"run", "--rules=r", "--", "no-such-program"},
       {"OSTIARY_AGENT=a", "OSTIARY_SERVER=s", "OSTIARY_PDP=p"},
       78,
       "no-such-program"},
      {{"run", "--pdp", "unix:/p", "--", "no-such-program"},
       {"OSTIARY_AGENT=a", "OSTIARY_SERVER=s", "OSTIARY_RULES=r"},
       78,
       "no-such-program"},
      // A server of that name is not the flag.
      {{"run", "--server", "pdp", "--rules", "r", "--", "no-such-program"},
       {"OSTIARY_AGENT=a", "OSTIARY_PDP=p"},
       78,
       "no-such-program"},
  };
  for (const auto& test : cases) {
    std::vector<std::string> arguments = {SIDECAR};
    arguments.insert(arguments.end(), test.arguments.begin(), test.arguments.end());
    TestProcess sidecar(arguments, test.variables);
    EXPECT_EQ(sidecar.Wait(), test.status) << ::testing::PrintToString(test.arguments);
    EXPECT_THAT(sidecar.Errors(), HasSubstr(test.error));
  }
  for (const char* flag : {"--help", "--version"}) {
    TestProcess sidecar({SIDECAR, flag});
    EXPECT_THAT(sidecar.ReadRest(), HasSubstr("ostiary-sidecar"));
    EXPECT_EQ(sidecar.Wait(), 0);
  }
}

}  // namespace
}  // namespace ostiary::sidecar
