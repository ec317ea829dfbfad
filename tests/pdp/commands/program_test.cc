// ostiary-pdp as its users meet it: exit statuses, formats, flags and the environment.
#include "tests/pdp/commands/program.h"

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/pdp/reload/scratch_dir.h"
#include "tests/support/test_process.h"

namespace ostiary::pdp {
namespace {

using testing::Contains;
using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

constexpr char kRules[] = R"({"agents": {"researcher": {
  "allow": {"servers": ["search"], "tools": {"search": ["web_*"]}, "prompts": {"search": ["p"]}},
  "deny": {"resources": {"search": ["file:///etc/*"]}}
}}})";

class ProgramTest : public testing::Test {
 protected:
  ProgramTest() { directory_.WriteInPlace("rules.json", kRules); }

  std::string rules() const { return directory_.Path("rules.json"); }
  std::string Socket() const { return absl::StrCat("unix:", directory_.Path("s")); }

  Outcome Check(std::vector<std::string> flags) const {
    std::vector<std::string> arguments = {"check",      "--rules",  rules(), "--agent",
                                          "researcher", "--server", "search"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return RunProgram({arguments, {}, ""});
  }

  ScratchDir directory_;
};

struct UsageCase {
  std::vector<std::string> arguments;
  const char* message;
};

TEST_F(ProgramTest, WrongUsageEndsWith64) {
  const std::string long_name(65'537, 'n');
  const UsageCase cases[] = {
      {{}, "say what to do"},
      {{"decide"}, "not expected: decide"},
      {{"serve"}, "--rules is required"},
      {{"serve", "--rules", ""}, "must not be empty"},
      {{"serve", "--rules", rules(), "--nonsense"}, "--nonsense"},
      {{"serve", "--rules", "/x/\xff.json"}, "is not UTF-8"},
      {{"serve", "--rules", rules(), "--mcp-config", "/x/\xff.json"}, "is not UTF-8"},
      {{"serve", "--rules", rules(), "--bindings", "/x/\xff.json"}, "is not UTF-8"},
      {{"serve", "--rules", rules(), "--token-jwks", "/x/\xff.json"}, "is not UTF-8"},
      {{"serve", "--rules", rules(), "--listen", "7443"}, "is no address"},
      {{"serve", "--rules", rules(), "--listen", "0.0.0.0:0"}, "--allow-insecure-tcp"},
      {{"serve", "--rules", rules(), "--heartbeat", "5"}, "is a duration"},
      {{"serve", "--rules", rules(), "--lease", "5s"}, "at least two heartbeats"},
      {{"serve", "--rules", rules(), "--heartbeat", "9ms"}, "heartbeat: give"},
      {{"serve", "--rules", rules(), "--heartbeat", "61m", "--lease", "3h"}, "heartbeat: give"},
      {{"serve", "--rules", rules(), "--lease", "25h"}, "lease: give"},
      {{"serve", "--rules", rules(), "--max-connection-age", "999ms"}, "max-connection-age: give"},
      {{"serve", "--rules", rules(), "--max-connection-age-grace", "999ms"}, "age-grace: give"},
      {{"serve", "--rules", rules(), "--max-connection-age-grace", "61m"}, "age-grace: give"},
      {{"serve", "--rules", rules(), "--drain-grace", "-1s"}, "drain-grace: give"},
      {{"serve", "--rules", rules(), "--drain-grace", "61m"}, "drain-grace: give"},
      {{"serve", "--rules", rules(), "--max-message-bytes", "1023"}, "max-message-bytes: give"},
      {{"serve", "--rules", rules(), "--listen", "unix:/x,unix:/x"}, "is given twice"},
      {{"serve", "--rules", rules(), "--listen", "unix:/x", "--health-listen", "unix:/x"},
       "health-listen: "},
      {{"serve", "--rules", rules(), "--listen", "127.0.0.1:8,127.0.0.1:9", "--health-listen",
        "127.0.0.1:9"},
       "health-listen: "},
      {{"serve", "--rules", rules(), "--metrics-listen", "unix:/x"}, "is not host:port"},
      {{"serve", "--rules", rules(), "--metrics-listen", "9090"}, "is not host:port"},
      {{"serve", "--rules", rules(), "--tls-cert", "c"}, "go together"},
      {{"serve", "--rules", rules(), "--tls-key", "k"}, "go together"},
      {{"serve", "--rules", rules(), "--client-ca", "c"}, "over TLS only"},
      {{"serve", "--rules", rules(), "--token-issuer", "https://i", "--token-jwks", "k",
        "--bindings", "b"},
       "over TLS only"},
      {{"serve", "--rules", rules(), "--max-sessions", "-1"}, "a whole number"},
      {{"serve", "--rules", rules(), "--max-file-bytes", "0"}, "a whole number"},
      {{"serve", "--rules", rules(), "--log-level", "loud"},
       "--log-level is debug|info|warning|error"},
      {{"serve", "--rules", rules(), "--log-level", "3"},
       "--log-level is debug|info|warning|error"},
      {{"validate"}, "--rules is required"},
      {{"check", "--rules", rules()}, "--agent is required"},
      {{"check", "--rules", rules(), "--agent", "a"}, "--server is required"},
      {{"check", "--rules", rules(), "--agent", "a", "--server", ""}, "must not be empty"},
      {{"check", "--rules", rules(), "--agent", "a", "--server", "s", "--tool", "t", "--prompt",
        "p"},
       "excludes"},
      {{"check", "--rules", rules(), "--agent", "a", "--server", "s", "--resource", "r", "--prompt",
        "p"},
       "excludes"},
      {{"check", "--rules", rules(), "--agent", "a", "--batch"}, "excludes"},
      {{"check", "--rules", rules(), "--batch", "--tool", "t"}, "excludes"},
      {{"check", "--rules", rules(), "--batch", "--resource", "r"}, "excludes"},
      {{"check", "--rules", rules(), "--batch", "--prompt", "p"}, "excludes"},
      {{"check", "--rules", rules(), "--batch", "--format", "json"}, "excludes"},
      {{"check", "--rules", rules(), "--agent", long_name, "--server", "s"}, "has 65537 bytes"},
      {{"check", "--rules", rules(), "--agent", "a", "--server", long_name}, "has 65537 bytes"},
      {{"check", "--rules", rules(), "--agent", "a", "--server", "s", "status", "--pdp", "unix:/x"},
       "not expected"},
      {{"check", "--rules", rules(), "--agent", "a", "--server", "s", "--format", "xml"},
       "--format"},
      {{"status"}, "--pdp is required"},
      {{"status", "--pdp", "localhost"}, "is no address"},
      {{"reload", "--pdp", "unix:"}, "is no address"},
      {{"ask", "--pdp", "localhost", "--agent", "a", "--server", "s"}, "is no address"},
      {{"ask", "--agent", "a", "--server", "s"}, "--pdp is required"},
      {{"ask", "--pdp", "unix:/x", "--server", "s"}, "--agent is required"},
      {{"ask", "--pdp", "unix:/x", "--agent", "a"}, "--server is required"},
      {{"ask", "--pdp", "unix:/x", "--agent", long_name, "--server", "s"}, "has 65537 bytes"},
      {{"ask", "--pdp", "unix:/x", "--agent", "\xff", "--server", "s"}, "UTF-8"},
      {{"ask", "--pdp", "unix:/x", "--agent", "a", "--server", "\xff"}, "UTF-8"},
      {{"ask", "--pdp", "unix:/x", "--agent", "a", "--server", "s", "--expect", "maybe"},
       "--expect is allow|deny"},
      {{"ask", "--pdp", "unix:/x", "--agent", "a", "--server", "s", "--expect", "1"},
       "--expect is allow|deny"},
      {{"ask", "--pdp", "unix:/x", "--agent", "a", "--server", "s", "--tool", "\xff"}, "UTF-8"},
      {{"ask", "--pdp", "192.0.2.1:1", "--agent", "a", "--server", "s"}, "--allow-insecure-tcp"},
  };
  for (const UsageCase& c : cases) {
    const Outcome outcome = RunProgram({c.arguments, {}, ""});
    EXPECT_EQ(outcome.exit_status, 64) << testing::PrintToString(c.arguments) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(c.message)) << testing::PrintToString(c.arguments);
    EXPECT_THAT(outcome.out, IsEmpty());
  }
}

// What is refused then is the address.
TEST_F(ProgramTest, ServeTakesWhatIsJustPossible) {
  const std::vector<std::string> flags[] = {
      {"--heartbeat", "10ms", "--lease", "20ms"},
      {"--heartbeat", "1h", "--lease", "24h"},
      {"--max-connection-age", "1s", "--max-connection-age-grace", "1s"},
      {"--max-connection-age", "inf", "--max-connection-age-grace", "1h"},
      {"--drain-grace", "0s"},
      {"--drain-grace", "1h", "--max-message-bytes", "1024"},
      {"--listen", "0.0.0.0:0", "--allow-insecure-tcp"},
      {"--listen", "127.0.0.1:0,127.0.0.1:0", "--health-listen", "127.0.0.1:0"},
  };
  const std::string nowhere = absl::StrCat("unix:", directory_.Path("none/s"));
  for (const std::vector<std::string>& given : flags) {
    std::vector<std::string> arguments = {"serve", "--rules", rules(), "--listen", nowhere};
    arguments.insert(arguments.end(), given.begin(), given.end());
    const Outcome outcome = RunProgram({arguments, {}, ""});
    EXPECT_EQ(outcome.exit_status, 78) << testing::PrintToString(given) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("listen_failed")) << testing::PrintToString(given);
  }
}

TEST_F(ProgramTest, HelpAndVersionGoToStdout) {
  const Outcome help = RunProgram({{"serve", "--help"}, {}, ""});
  EXPECT_EQ(help.exit_status, 0);
  EXPECT_THAT(help.out, HasSubstr("OSTIARY_MCP_CONFIG"));
  const Outcome version = RunProgram({{"--version"}, {}, ""});
  EXPECT_EQ(version.exit_status, 0);
  EXPECT_EQ(version.out, absl::StrCat("ostiary-pdp ", OSTIARY_VERSION, "\n"));
}

TEST_F(ProgramTest, ValidatePrintsEachIssueWithItsPlace) {
  const Outcome good = RunProgram({{"validate", "--rules", rules()}, {}, ""});
  EXPECT_EQ(good.exit_status, 0);
  EXPECT_THAT(good.out, IsEmpty());

  directory_.WriteInPlace("mcp.json", R"({"mcpServers": {}})");
  const Outcome warned = RunProgram(
      {{"validate", "--rules", rules(), "--mcp-config", directory_.Path("mcp.json")}, {}, ""});
  EXPECT_EQ(warned.exit_status, 0);
  EXPECT_THAT(warned.out, StartsWith(absl::StrCat(rules(), ":2:25: warning: ")));

  directory_.WriteInPlace("rules.json", "{\"agents\": {\n \"a\": {\"dney\": {}}, \"b\": 1}}");
  const Outcome bad = RunProgram({{"validate", "--rules", rules()}, {}, ""});
  EXPECT_EQ(bad.exit_status, 1);
  EXPECT_THAT(bad.out,
              MatchesRegex(absl::StrCat(rules(), ":2:[0-9]+: error: .*\\(/agents/a/dney\\)\n",
                                        rules(), ":2:[0-9]+: error: .*\\(/agents/b\\)\n")));

  const Outcome missing = RunProgram({{"validate", "--rules", directory_.Path("none")}, {}, ""});
  EXPECT_EQ(missing.exit_status, 1);
  EXPECT_THAT(missing.out, StartsWith(absl::StrCat(directory_.Path("none"), ": error: ")));
}

TEST_F(ProgramTest, ValidateFailsForNoWarningOfTheBindings) {
  directory_.WriteInPlace("bindings.json", R"({"bindings": []})");
  const std::string bindings = directory_.Path("bindings.json");
  const Outcome outcome =
      RunProgram({{"validate", "--rules", rules(), "--bindings", bindings}, {}, ""});
  EXPECT_EQ(outcome.exit_status, 0);
  EXPECT_THAT(outcome.out, StartsWith(absl::StrCat(bindings, ":1:14: warning: ")));
}

TEST_F(ProgramTest, ValidateHoldsEachFileToTheLimit) {
  directory_.WriteInPlace("short", "{}");
  directory_.WriteInPlace("long", std::string(101, ' '));
  const std::string shorter = directory_.Path("short");
  const std::string longer = directory_.Path("long");
  for (const std::vector<std::string>& flags : {std::vector<std::string>{"--rules", longer},
                                                {"--rules", shorter, "--mcp-config", longer},
                                                {"--rules", shorter, "--bindings", longer}}) {
    std::vector<std::string> arguments = {"validate", "--max-file-bytes", "100"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const Outcome outcome = RunProgram({arguments, {}, ""});
    EXPECT_EQ(outcome.exit_status, 1) << flags.back();
    EXPECT_THAT(outcome.out,
                HasSubstr(absl::StrCat(longer, ": error: is longer than the limit of 100 bytes")));
  }
}

TEST_F(ProgramTest, CheckSaysWhatIsDecidedAndEndsSo) {
  const Outcome allowed = Check({"--tool", "web_search"});
  EXPECT_EQ(allowed.exit_status, 0) << allowed.err;
  EXPECT_THAT(allowed.out, StartsWith("ALLOW PATTERN_ALLOW\n"));
  EXPECT_THAT(allowed.out, HasSubstr(absl::StrCat(
                               "rule: ", rules(),
                               ":2:57: \"web_*\" (/agents/researcher/allow/tools/search/0)")));
  const Outcome denied = Check({"--tool", "delete"});
  EXPECT_EQ(denied.exit_status, 3);
  EXPECT_THAT(denied.out, MatchesRegex("DENY TOOL_NOT_ALLOWED\nAgent \"researcher\" .*\n"));
  EXPECT_THAT(denied.out, Not(HasSubstr("rule:")));
  EXPECT_EQ(Check({"--prompt", "p"}).exit_status, 0);
  EXPECT_THAT(Check({"--resource", "file:///etc/passwd"}).out, StartsWith("DENY PATTERN_DENY\n"));
  EXPECT_THAT(Check({}).out, StartsWith("ALLOW SERVER_ALLOWED\n"));
}

TEST_F(ProgramTest, CheckPrintsOneLineOfJson) {
  const Outcome allowed = Check({"--tool", "web_search", "--format=json"});
  EXPECT_EQ(allowed.exit_status, 0);
  EXPECT_THAT(allowed.out, StartsWith(absl::StrCat(
                               R"({"effect":"ALLOW","reason":"PATTERN_ALLOW","rule":{"file":")",
                               rules(), R"(","pointer":"/agents/researcher/allow/tools/search/0",)",
                               R"("pattern":"web_*","line":2,"column":57},"message":"Agent )")));
  EXPECT_EQ(allowed.out.find('\n'), allowed.out.size() - 1);
  const Outcome denied = Check({"--tool", "delete", "--format=json"});
  EXPECT_EQ(denied.exit_status, 3);
  EXPECT_THAT(
      denied.out,
      StartsWith(R"({"effect":"DENY","reason":"TOOL_NOT_ALLOWED","rule":null,"message":"Agent )"));
}

TEST_F(ProgramTest, CheckTellsOfWhatItWarns) {
  directory_.WriteInPlace("mcp.json", R"({"mcpServers": {}})");
  const std::string warning = absl::StrCat(rules(), ":2:25: warning: ");
  const std::string catalog = directory_.Path("mcp.json");
  const Outcome one = Check({"--mcp-config", catalog, "--tool", "web_search"});
  EXPECT_EQ(one.exit_status, 0);
  EXPECT_THAT(one.out, StartsWith("ALLOW "));
  EXPECT_THAT(one.err, StartsWith(warning));
  const Outcome batch =
      RunProgram({{"check", "--rules", rules(), "--mcp-config", catalog, "--batch"}, {}, ""});
  EXPECT_EQ(batch.exit_status, 0);
  EXPECT_THAT(batch.err, StartsWith(warning));
}

TEST_F(ProgramTest, CheckWithoutUsableRulesEndsWith1) {
  directory_.WriteInPlace("rules.json", "{");
  const Outcome outcome = Check({"--tool", "web_search"});
  EXPECT_EQ(outcome.exit_status, 1);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, HasSubstr("the rules do not load, so nothing is decided"));
  const Outcome batch = RunProgram({{"check", "--rules", rules(), "--batch"},
                                    {},
                                    R"({"agent":"a","server":"s","kind":"SERVER"})"});
  EXPECT_EQ(batch.exit_status, 1);
  EXPECT_THAT(batch.out, IsEmpty());
  EXPECT_THAT(batch.err, HasSubstr("the rules do not load, so nothing is decided"));
}

TEST_F(ProgramTest, CheckKeepsToTheLimitOnFiles) {
  const std::string limit = absl::StrCat(std::string(kRules).size() - 1);
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{"--agent", "researcher", "--server", "search"}, {"--batch"}}) {
    std::vector<std::string> arguments = {"check", "--rules", rules(), "--max-file-bytes", limit};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const Outcome outcome = RunProgram({arguments, {}, ""});
    EXPECT_EQ(outcome.exit_status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("is longer than the limit of "));
  }
}

TEST_F(ProgramTest, BatchAnswersEachLineInOrder) {
  const std::pair<std::string, std::string> cases[] = {
      {R"({"agent":"researcher","server":"search","kind":"TOOL","name":"web_x"})",
       R"(\{"effect":"ALLOW","reason":"PATTERN_ALLOW",.*\})"},
      {R"({"agent":"researcher","server":"search","kind":"SERVER","name":""})",
       R"(\{"effect":"ALLOW","reason":"SERVER_ALLOWED",.*\})"},
      {R"({"kind":"SERVER","agent":"researcher","server":"other"})",
       R"(\{"effect":"DENY","reason":"SERVER_NOT_ALLOWED",.*\})"},
      {"nonsense", R"(\{"error":"not JSON: byte 2: .*"\})"},
      {"", R"(\{"error":"not JSON: .*"\})"},
      {"[]", R"(\{"error":"write \{.*"\})"},
      {R"({"agent":1,"server":"s","kind":"SERVER"})",
       R"(\{"error":".*agent.* must be a string"\})"},
      {R"({"agent":"a","agent":"b","server":"s","kind":"SERVER"})",
       R"(\{"error":"duplicate key .*agent.*"\})"},
      {R"({"agent":"a","server":"s","kind":"SERVER","extra":1})",
       R"(\{"error":"unknown key .*extra.*"\})"},
      {R"({"agent":"a","server":"s","kind":"tool","name":"n"})", R"(\{"error":"kind is .*"\})"},
      {R"({"agent":"a","server":"s","kind":"TOOL"})", R"(\{"error":"name is missing.*"\})"},
      {R"({"server":"s","kind":"SERVER"})", R"(\{"error":"agent is missing.*"\})"},
      {R"({"agent":"a","kind":"SERVER"})", R"(\{"error":"server is missing.*"\})"},
      {R"({"agent":"a","server":"s","kind":"TOOL","name":"\ud800"})",
       R"(\{"error":".*name.* must be a string"\})"},
      {R"({"agent":"researcher","server":"search","kind":"PROMPT","name":"q"})",
       R"(\{"effect":"DENY","reason":"PROMPT_NOT_ALLOWED",.*\})"},
  };
  std::string input;
  for (const auto& [line, answer] : cases) absl::StrAppend(&input, line, "\n");
  input.pop_back();  // the last line lacks its newline
  const Outcome outcome = RunProgram({{"check", "--rules", rules(), "--batch"}, {}, input});
  EXPECT_EQ(outcome.exit_status, 1) << "not every line was decided";
  std::istringstream answers(outcome.out);
  std::string answer;
  for (const auto& [line, expected] : cases) {
    ASSERT_TRUE(std::getline(answers, answer)) << line;
    EXPECT_THAT(answer, MatchesRegex(expected)) << line;
  }
  EXPECT_FALSE(std::getline(answers, answer)) << answer;

  const Outcome decided = RunProgram(
      {{"check", "--rules", rules(), "--batch"}, {}, absl::StrCat(cases[2].first, "\r\n")});
  EXPECT_EQ(decided.exit_status, 0) << decided.out;
  EXPECT_EQ(RunProgram({{"check", "--rules", rules(), "--batch"}, {}, ""}).exit_status, 0);
}

// As a program does that asks for one access after the other.
TEST_F(ProgramTest, BatchAnswersBeforeTheNextLineAndLinesThatAreTooLongToo) {
  constexpr size_t kMostBytes = size_t{1} << 20;
  TestProcess batch({OSTIARY_PDP_BINARY, "check", "--rules", rules(), "--batch"});
  const std::string line = R"({"agent":"researcher","server":"search","kind":"SERVER"})";
  for (const size_t blanks : {size_t{0}, kMostBytes - line.size()}) {
    batch.WriteLine(absl::StrCat(line, std::string(blanks, ' ')));
    EXPECT_THAT(batch.ReadLine().value_or("none"), StartsWith(R"({"effect":"ALLOW")"));
  }
  const std::string too_long =
      absl::StrCat(R"({"error":"the line has more than )", kMostBytes, R"( bytes"})");
  // What comes behind the limit is dropped too, however much it is.
  for (const size_t bytes : {kMostBytes + 1, 3 * kMostBytes}) {
    batch.WriteLine(absl::StrCat(std::string(bytes - line.size(), ' '), line));
    EXPECT_EQ(batch.ReadLine(), too_long);
  }
  batch.WriteLine(line);
  EXPECT_THAT(batch.ReadLine().value_or("none"), StartsWith(R"({"effect":"ALLOW")"));
  batch.CloseInput();
  EXPECT_EQ(batch.ReadLine(), std::nullopt);
  EXPECT_EQ(batch.Wait(), 1) << "not every line was decided";
}

// The last line may lack its newline and its room.
TEST_F(ProgramTest, BatchAnswersALastLineThatIsTooLong) {
  TestProcess batch({"/bin/sh", "-c", R"(head -c 1048577 /dev/zero | "$0" "$@")",
                     OSTIARY_PDP_BINARY, "check", "--rules", rules(), "--batch"});
  EXPECT_THAT(batch.ReadRest(), HasSubstr("more than 1048576 bytes"));
  EXPECT_EQ(batch.Wait(), 1);
}

TEST_F(ProgramTest, InputAndOutputThatFailEndWith1) {
  TestProcess input({"/bin/sh", "-c", R"(exec "$0" "$@" </)", OSTIARY_PDP_BINARY, "check",
                     "--rules", rules(), "--batch"});
  EXPECT_EQ(input.Wait(), 1);
  EXPECT_THAT(input.Errors(), HasSubstr("cannot read the lines: Is a directory"));
  TestProcess output({"/bin/sh", "-c", R"(exec "$0" "$@" >/dev/full)", OSTIARY_PDP_BINARY, "check",
                      "--rules", rules(), "--agent", "researcher", "--server", "search"});
  EXPECT_EQ(output.Wait(), 1);
  EXPECT_THAT(output.Errors(), HasSubstr("the output could not be written whole"));
}

TEST_F(ProgramTest, EveryFlagCanStandInTheEnvironment) {
  const Outcome check =
      RunProgram({{"check"},
                  {absl::StrCat("OSTIARY_RULES=", rules()), "OSTIARY_AGENT=researcher",
                   "OSTIARY_SERVER=search", "OSTIARY_TOOL=web_search", "OSTIARY_FORMAT=json"},
                  ""});
  EXPECT_EQ(check.exit_status, 0) << check.err;
  EXPECT_THAT(check.out, StartsWith(R"({"effect":"ALLOW")"));
  const Outcome batch = RunProgram({{"check"},
                                    {absl::StrCat("OSTIARY_RULES=", rules()), "OSTIARY_BATCH=true"},
                                    R"({"agent":"x","server":"s","kind":"SERVER"})"});
  EXPECT_EQ(batch.exit_status, 0) << batch.err;
  // What a shell sets for the sidecar does not contradict --batch.
  const Outcome shell = RunProgram({{"check", "--rules", rules(), "--batch"},
                                    {"OSTIARY_AGENT=y", "OSTIARY_SERVER=s"},
                                    R"({"agent":"x","server":"s","kind":"SERVER"})"});
  EXPECT_EQ(shell.exit_status, 0) << shell.err;
  // A switch that is off excludes nothing.
  const Outcome off =
      RunProgram({{"check", "--rules", rules(), "--agent", "researcher", "--server", "search"},
                  {"OSTIARY_BATCH=false"},
                  ""});
  EXPECT_EQ(off.exit_status, 0) << off.err;
  // The command line comes first.
  const Outcome both = RunProgram({{"check", "--agent", "researcher", "--server", "search"},
                                   {absl::StrCat("OSTIARY_RULES=", rules()), "OSTIARY_AGENT=x"},
                                   ""});
  EXPECT_EQ(both.exit_status, 0);
  const Outcome wrong = RunProgram({{"serve", "--rules", rules()}, {"OSTIARY_LEASE=soon"}, ""});
  EXPECT_EQ(wrong.exit_status, 64);
}

// Which sets no variable, and which nothing could take away.
TEST_F(ProgramTest, AnEntryOfTheEnvironmentWithoutAValueIsPassedOver) {
  EXPECT_EQ(RunProgram({{"--version"}, {"GRPC_TRACE", "http_proxy"}, ""}).exit_status, 0);
}

TEST_F(ProgramTest, ServeListensReloadsAnswersAndDrains) {
  // Proxies and gRPC's own variables change nothing.
  ServingProgram pdp({{"serve", "--rules", rules()},
                      {absl::StrCat("OSTIARY_LISTEN=127.0.0.1:0,", Socket()),
                       "http_proxy=http://127.0.0.1:1", "GRPC_TRACE=all", "GRPC_VERBOSITY=debug"},
                      ""},
                     2);
  ASSERT_EQ(pdp.addresses().size(), 2) << pdp.log();
  EXPECT_THAT(pdp.addresses()[0], MatchesRegex("127\\.0\\.0\\.1:[1-9][0-9]*"));
  EXPECT_EQ(pdp.addresses()[1], Socket());
  for (const std::string& address : pdp.addresses()) {
    const Outcome status =
        RunProgram({{"status", "--pdp", address}, {"http_proxy=http://127.0.0.1:1"}, ""});
    EXPECT_EQ(status.exit_status, 0) << status.err;
    EXPECT_THAT(status.out, HasSubstr(R"("state": "SERVING")"));
    EXPECT_THAT(status.out, HasSubstr(R"("deny_on_missing_agent": true)"));
    EXPECT_THAT(status.out, EndsWith("}\n"));
  }
  directory_.RenameOver("rules.json", "{}");
  const Outcome reload = RunProgram({{"reload"}, {absl::StrCat("OSTIARY_PDP=", Socket())}, ""});
  EXPECT_EQ(reload.exit_status, 0) << reload.err;
  EXPECT_THAT(reload.out, HasSubstr(R"("generation": "2")"));

  // With a second name, by which a change is seen by no watch.
  directory_.MakeDir("aside");
  directory_.WriteInPlace("aside/rules.json", "{");
  std::filesystem::create_hard_link(directory_.Path("aside/rules.json"), directory_.Path("next"));
  directory_.Rename("next", "rules.json");
  EXPECT_EQ(RunProgram({{"reload", "--pdp", Socket()}, {}, ""}).exit_status, 1);
  const Outcome stale = RunProgram({{"status", "--pdp", Socket()}, {}, ""});
  EXPECT_EQ(stale.exit_status, 1);
  EXPECT_THAT(stale.out, HasSubstr(R"("state": "STALE")"));

  EXPECT_TRUE(pdp.WaitForLog("\"ok\":false")) << pdp.log();  // by the rename, seen and over
  directory_.WriteInPlace("aside/rules.json", kRules);
  const MonoTime asked = Clock::System().Now();
  pdp.Signal(SIGHUP);
  EXPECT_TRUE(pdp.WaitForLog("\"generation\":3")) << pdp.log();
  EXPECT_LT(Clock::System().Now() - asked, std::chrono::seconds(20)) << "the poll found it";
  pdp.Signal(SIGTERM);
  EXPECT_EQ(pdp.ExitStatus(), 0);
  EXPECT_THAT(pdp.log(), HasSubstr(R"("event":"stopped")"));
  EXPECT_THAT(pdp.log(), Not(HasSubstr("chttp2")));
}

std::vector<std::string> EntriesOf(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return absl::StrSplit(text.str(), absl::ByAnyChar(absl::string_view("\0\n", 2)));
}

TEST_F(ProgramTest, ServeKeepsNothingOfTheEnvironmentThatSteersGrpcOrOpenssl) {
  const std::vector<std::string> unwanted = {"GRPC_TRACE=all",
                                             "grpc_proxy=http://127.0.0.1:1",
                                             "HTTPS_PROXY=http://127.0.0.1:1",
                                             "no_proxy=x",
                                             "OPENSSL_CONF=/none",
                                             "SSL_CERT_FILE=/none",
                                             "SSL_CERT_DIR=/none",
                                             "SSLKEYLOGFILE=/none/keys"};
  const std::vector<std::string> kept = {"KEPT=1", "PROXY=1", "MY_GRPC_TRACE=1", "OPENSSL=1",
                                         "GRPC="};
  std::vector<std::string> environment = unwanted;
  environment.insert(environment.end(), kept.begin(), kept.end());
  const ServingProgram pdp({{"serve", "--rules", rules(), "--listen", Socket()}, environment, ""},
                           1);
  ASSERT_EQ(pdp.addresses().size(), 1) << pdp.log();
  const std::string proc = absl::StrCat("/proc/", pdp.pid());
  const std::vector<std::string> left = EntriesOf(absl::StrCat(proc, "/environ"));
  for (const std::string& entry : unwanted) EXPECT_THAT(left, Not(Contains(entry)));
  for (const std::string& entry : kept) EXPECT_THAT(left, Contains(entry));
  // It started anew for that, and lists of processes show it by its name.
  EXPECT_EQ(EntriesOf(absl::StrCat(proc, "/comm"))[0], "ostiary-pdp");
}

TEST_F(ProgramTest, ServeSaysWhereItListensForProbesAndMetrics) {
  ServingProgram pdp({{"serve", "--rules", rules(), "--listen", Socket(), "--health-listen",
                       "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"},
                      {},
                      ""},
                     1);
  const std::string mark = R"("event":"metrics_listening","address":")";
  ASSERT_TRUE(pdp.WaitForLog(mark)) << pdp.log();
  const std::string port = R"("address":"127\.0\.0\.1:[1-9][0-9]*"\})";
  EXPECT_THAT(pdp.log(), ContainsRegex(absl::StrCat(R"("event":"listening_for_health",)", port)));
  ASSERT_THAT(pdp.log(), ContainsRegex(absl::StrCat(R"("event":"metrics_listening",)", port)));
  const size_t begin = pdp.log().find(mark) + mark.size();
  const std::string taken = pdp.log().substr(begin, pdp.log().find('"', begin) - begin);
  const Outcome second =
      RunProgram({{"serve", "--rules", rules(), "--listen",
                   absl::StrCat("unix:", directory_.Path("other")), "--metrics-listen", taken},
                  {},
                  ""});
  EXPECT_EQ(second.exit_status, 78) << second.err;
  EXPECT_THAT(second.err, HasSubstr("metrics_listen_failed"));
}

TEST_F(ProgramTest, ServeLogsFromItsLevelOn) {
  const std::string nowhere = absl::StrCat("unix:", directory_.Path("none/s"));
  const auto log = [&](const std::string& level) {
    return RunProgram(
               {{"serve", "--rules", rules(), "--listen", nowhere, "--log-level", level}, {}, ""})
        .err;
  };
  EXPECT_THAT(log("info"), HasSubstr("reload_succeeded"));
  EXPECT_THAT(log("error"), Not(HasSubstr("reload_succeeded")));
  EXPECT_THAT(log("error"), HasSubstr("listen_failed"));
}

TEST_F(ProgramTest, ServeKeepsToTheLimitOnFiles) {
  const ServingProgram pdp(
      {{"serve", "--rules", rules(), "--listen", Socket(), "--max-file-bytes", "10"}, {}, ""}, 1);
  ASSERT_EQ(pdp.addresses().size(), 1) << pdp.log();
  EXPECT_THAT(pdp.log(), HasSubstr("is longer than the limit of 10 bytes"));
}

TEST_F(ProgramTest, AskEndsAsTheDecisionWasExpected) {
  const ServingProgram pdp({{"serve", "--rules", rules(), "--listen", Socket()}, {}, ""}, 1);
  ASSERT_EQ(pdp.addresses().size(), 1) << pdp.log();
  struct Case {
    std::string agent;
    std::string tool;
    std::string expected;
    int exit_status;
    std::string answer;
  };
  for (const Case& c : std::vector<Case>{
           {"researcher", "web_search", "allow", 0, R"("effect": "ALLOW")"},
           {"researcher", "web_search", "deny", 3, R"("effect": "ALLOW")"},
           {"researcher", "delete", "deny", 0, R"("reason": "TOOL_NOT_ALLOWED")"},
           {"researcher", "delete", "allow", 3, R"("effect": "DENY")"},
           {"nobody", "query", "deny", 0, R"("reason": "UNKNOWN_AGENT")"},
       }) {
    const Outcome outcome = RunProgram({{"ask", "--pdp", Socket(), "--agent", c.agent, "--server",
                                         "search", "--tool", c.tool, "--expect", c.expected},
                                        {},
                                        ""});
    EXPECT_EQ(outcome.exit_status, c.exit_status) << c.agent << " " << c.tool << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr(c.answer));
    EXPECT_THAT(outcome.out, EndsWith("}\n"));
  }
  // Of each kind.
  for (const auto& [flag, name, reason] : std::vector<std::array<std::string, 3>>{
           {"--resource", "file:///etc/x", "PATTERN_DENY"}, {"--prompt", "p", "EXPLICIT_ALLOW"}}) {
    const Outcome outcome = RunProgram(
        {{"ask", "--pdp", Socket(), "--agent", "researcher", "--server", "search", flag, name},
         {},
         ""});
    EXPECT_THAT(outcome.out, HasSubstr(absl::StrCat(R"("reason": ")", reason, "\""))) << flag;
  }
  // By default, as check does.
  EXPECT_EQ(RunProgram(
                {{"ask", "--pdp", Socket(), "--agent", "researcher", "--server", "search"}, {}, ""})
                .exit_status,
            0);
}

TEST_F(ProgramTest, AskDecidesNothingWhereThePdpHasNoPolicy) {
  directory_.WriteInPlace("rules.json", "{");
  const ServingProgram pdp({{"serve", "--rules", rules(), "--listen", Socket()}, {}, ""}, 1);
  ASSERT_EQ(pdp.addresses().size(), 1) << pdp.log();
  const Outcome outcome = RunProgram({{"ask", "--pdp", Socket(), "--agent", "researcher",
                                       "--server", "search", "--expect", "deny"},
                                      {},
                                      ""});
  EXPECT_EQ(outcome.exit_status, 1);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, HasSubstr("FAILED_PRECONDITION"));
}

TEST_F(ProgramTest, ServeStartsOnBadRulesAndHealsWithThem) {
  directory_.WriteInPlace("rules.json", "{");
  ServingProgram pdp({{"serve", "--rules", rules(), "--listen", Socket()}, {}, ""}, 1);
  ASSERT_EQ(pdp.addresses().size(), 1) << pdp.log();
  EXPECT_THAT(pdp.log(), HasSubstr("reload_failed"));
  const Outcome empty = RunProgram({{"status", "--pdp", Socket()}, {}, ""});
  EXPECT_EQ(empty.exit_status, 1);
  EXPECT_THAT(empty.out, HasSubstr(R"("state": "EMPTY")"));
  directory_.RenameOver("rules.json", kRules);
  EXPECT_TRUE(pdp.WaitForLog("reload_succeeded")) << pdp.log();
  EXPECT_EQ(RunProgram({{"status", "--pdp", Socket()}, {}, ""}).exit_status, 0);
}

TEST_F(ProgramTest, ServeEndsWith78WhereTheAddressIsTaken) {
  ServingProgram first(
      {{"serve", "--rules", rules(), "--listen", Socket(), "--listen", "127.0.0.1:0"}, {}, ""}, 2);
  ASSERT_EQ(first.addresses().size(), 2) << first.log();
  for (const std::string& address : first.addresses()) {
    const Outcome second = RunProgram({{"serve", "--rules", rules(), "--listen", address}, {}, ""});
    EXPECT_EQ(second.exit_status, 78) << second.err;
    EXPECT_THAT(second.err, HasSubstr("listen_failed"));
  }
  // A server that was killed leaves its socket, and the next one takes it.
  first.Signal(SIGKILL);
  EXPECT_EQ(first.ExitStatus(), 128 + SIGKILL);
  ServingProgram next({{"serve", "--rules", rules(), "--listen", Socket()}, {}, ""}, 1);
  EXPECT_EQ(next.addresses().size(), 1) << next.log();
  // As from a keyboard.
  next.Signal(SIGINT);
  EXPECT_EQ(next.ExitStatus(), 0);
  EXPECT_THAT(next.log(), HasSubstr(R"("event":"draining")"));
}

TEST_F(ProgramTest, RemoteCommandsSayWhereNobodyAnswers) {
  for (const char* const command : {"status", "reload", "ask"}) {
    const Outcome outcome =
        RunProgram({{command, "--pdp", Socket()}, {"OSTIARY_AGENT=a", "OSTIARY_SERVER=s"}, ""});
    EXPECT_EQ(outcome.exit_status, 1);
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.err, HasSubstr(absl::StrCat("no PDP answers at ", Socket())));
  }
}

}  // namespace
}  // namespace ostiary::pdp
