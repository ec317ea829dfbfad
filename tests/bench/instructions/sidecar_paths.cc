// A cached call through the enforcer and through the whole event loop, and the filter of a list.
// Every decision is in the cache before anything counts.
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/instructions/counted.h"
#include "tests/sidecar/core/lean_harness.h"
#include "tests/sidecar/stdio/loop_rig.h"

namespace ostiary::bench {
namespace {

using sidecar::LeanHarness;
using sidecar::LoopRig;

constexpr size_t kLineBytes = 300;

// `beginning`, letters, `ending`: `bytes` in all.
std::string Line(const std::string& beginning, size_t bytes, const std::string& ending) {
  return absl::StrCat(beginning, std::string(bytes - beginning.size() - ending.size(), 'x'),
                      ending);
}

std::string Call(const std::string& tool, size_t bytes = kLineBytes) {
  return Line(absl::StrCat(R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":")",
                           tool, R"(","arguments":{"path":"/)"),
              bytes, R"("},"_meta":{"progressToken":7}}})");
}

std::string Answer() {
  return Line(R"({"result":{"content":[{"type":"text","text":")", kLineBytes,
              R"("}]},"jsonrpc":"2.0","id":7})");
}

// A hundred tools of 760 bytes, as real servers describe theirs; every fourth is denied.
std::string ToolsList() {
  std::string line = R"({"result":{"tools":[)";
  for (int i = 0; i < 100; ++i) {
    absl::StrAppend(
        &line, i == 0 ? "" : ",",
        Line(absl::StrCat(
                 R"({"name":")", i % 4 == 3 ? "deny_" : "read_", i, R"(","title":"Tool )", i,
                 R"(","inputSchema":{"type":"object","properties":{"path":{"type":"string",)",
                 R"("description":"The file to read, below an allowed folder"},"head":{)",
                 R"("type":"number","description":"If given, as many lines"}},"required":[)",
                 R"("path"],"additionalProperties":false,"$schema":)",
                 R"("http://json-schema.org/draft-07/schema#"},"description":")"),
             759, R"( \u2014 only within allowed folders."})"));
  }
  return line + R"(]},"jsonrpc":"2.0","id":7})";
}

// Requests and answers (none where it is empty) through an enforcer. `client_bytes` and
// `server_bytes` are what each side must get of one.
struct Exchange {
  std::string request;
  std::string answer;
  size_t client_bytes;
  size_t server_bytes;
};

void Go(LeanHarness* harness, const Exchange& exchange) {
  harness->Client(exchange.request);
  if (!exchange.answer.empty()) harness->Server(exchange.answer);
}

void Enforce(int calls, const Exchange& exchange) {
  LeanHarness harness;
  harness.Client(Call("read_file"));
  harness.AnswerAll();
  harness.Server(Answer());
  harness.Client(exchange.request);  // its decision is asked for, or those of its list
  harness.AnswerAll();
  if (!exchange.answer.empty()) harness.Server(exchange.answer);
  harness.AnswerAll();
  for (int i = 0; i < 3; ++i) Go(&harness, exchange);
  const size_t to_client = harness.client_bytes();
  const size_t to_server = harness.server_bytes();
  {
    const Counted counted;
    for (int i = 0; i < calls; ++i) Go(&harness, exchange);
  }
  const auto times = static_cast<size_t>(calls);
  const size_t client_bytes = harness.client_bytes() - to_client;
  if (harness.server_bytes() - to_server != times * exchange.server_bytes) {
    Fail("the server did not get what it must");
  }
  // A denial is ours, so its length is no promise.
  if (exchange.client_bytes != 0 ? client_bytes != times * exchange.client_bytes
                                 : client_bytes < times) {
    Fail("the client did not get what it must");
  }
}

void AllowedCall(int calls) {
  Enforce(calls, {Call("read_file"), Answer(), kLineBytes, kLineBytes});
}

void DeniedCall(int calls) { Enforce(calls, {Call("deny_file"), "", 0, 0}); }

void LongCall(int calls) {
  constexpr size_t kBytes = size_t{1} << 20;
  Enforce(calls, {Call("read_file", kBytes), Answer(), kLineBytes, kBytes});
}

void List(int calls) {
  const std::string request = R"({"jsonrpc":"2.0","id":7,"method":"tools/list"})";
  const std::string answer = ToolsList();
  // 25 tools are cut out, each with a comma.
  Enforce(calls, {request, answer, answer.size() - 25 * 760, request.size()});
}

// The peers are another process, so nothing of theirs counts.
void Loop(int calls, const std::string& call, const std::string& answer) {
  LoopRig rig(call, answer);
  const pid_t peers = ::fork();
  if (peers < 0) Fail("cannot fork");
  if (peers == 0) {
    const bool played = rig.Play(calls);
    rig.HangUp();
    ::_exit(played ? 0 : 1);
  }
  rig.HangUp();
  {
    const Counted counted;
    rig.Run();
  }
  int status = 1;
  if (::waitpid(peers, &status, 0) != peers || status != 0) Fail("a line got lost in the loop");
}

void AllowedCallThroughLoop(int calls) { Loop(calls, Call("read_file"), Answer()); }
void DeniedCallThroughLoop(int calls) { Loop(calls, Call("forbidden"), ""); }

}  // namespace

std::vector<Path> SidecarPaths() {
  return {
      {"call-allowed", 2'000, AllowedCall},
      {"call-denied", 2'000, DeniedCall},
      {"call-of-1-mib", 3, LongCall},
      {"list-of-76-kb", 20, List},
      {"loop-allowed", 1'000, AllowedCallThroughLoop},
      {"loop-denied", 1'000, DeniedCallThroughLoop},
  };
}

}  // namespace ostiary::bench
