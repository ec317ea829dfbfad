#include "tests/bench/line_peer.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/piped_process.h"

namespace ostiary::bench {
namespace {

// Of a call's line, with its newline.
constexpr size_t kLineBytes = 300;

[[noreturn]] void Fail(absl::string_view why) {
  std::fprintf(stderr, "pipe_bench: %s\n", std::string(why).c_str());
  std::exit(1);
}

constexpr absl::string_view kEnd = "\"}}}\n";

// A call as far as its argument.
std::string CallHead(uint64_t id, absl::string_view tool) {
  return absl::StrCat(R"({"jsonrpc":"2.0","id":)", id,
                      R"(,"method":"tools/call","params":{"name":")", tool,
                      R"(","arguments":{"path":")");
}

void AppendCall(uint64_t id, absl::string_view tool, std::string* out) {
  const std::string head = CallHead(id, tool);
  out->append(head);
  out->append(kLineBytes - kEnd.size() - head.size(), 'p');
  absl::StrAppend(out, kEnd);
}

}  // namespace

LinePeer::LinePeer(const std::vector<std::string>& command, Greeting greeting) {
  PipedProcess process = StartPiped(command);
  pid_ = process.pid;
  to_peer_ = std::move(process.input);
  from_peer_ = std::move(process.output);
  Greet(greeting);
}

void LinePeer::Greet(Greeting greeting) {
  if (greeting == Greeting::kRefused) {
    Write("{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"not/covered\"}\n");
    const std::string refusal = ReceiveLine();
    if (!absl::StrContains(refusal, "METHOD_NOT_COVERED")) Fail(refusal);
    return;
  }
  Write(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18",)"
        R"("capabilities":{},"clientInfo":{"name":"pipe_bench","version":"1"}}})"
        "\n");
  if (ReceiveAnswers() != 1) Fail("more than one answer to initialize");
  Write("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n");
}

LinePeer::~LinePeer() {
  to_peer_.Reset();
  from_peer_.Reset();
  ::waitpid(pid_, nullptr, 0);
}

void LinePeer::Write(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(to_peer_.get(), bytes.data(), bytes.size());
    if (written <= 0) Fail("the peer reads no more");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void LinePeer::SendCalls(absl::string_view tool, size_t count) {
  std::string lines;
  lines.reserve(count * kLineBytes);
  for (size_t i = 0; i < count; ++i) AppendCall(++last_id_, tool, &lines);
  Write(lines);
}

void LinePeer::SendLongCall(absl::string_view tool, size_t bytes) {
  const std::string head = CallHead(++last_id_, tool);
  static std::string argument;
  argument.resize(bytes - head.size() - kEnd.size(), 'p');
  Write(head);
  Write(argument);
  Write(kEnd);
}

void LinePeer::SendList() {
  Write(absl::StrCat(R"({"jsonrpc":"2.0","id":)", ++last_id_,
                     R"(,"method":"tools/list","params":{}})", "\n"));
}

// A denied call is answered with isError, a refused one with an error, both in few words.
void LinePeer::Check(absl::string_view line) {
  constexpr size_t kLongestError = 4096;
  if (line.size() > kLongestError) return;
  if (absl::StrContains(line, "\"isError\":true") || absl::StrContains(line, "\"error\":")) {
    Fail(line);
  }
}

std::string LinePeer::ReceiveLine() {
  std::string line;
  for (char byte = 0; byte != '\n'; line += byte) {
    if (::read(from_peer_.get(), &byte, 1) <= 0) Fail("the peer ended");
  }
  return line;
}

size_t LinePeer::ReceiveAnswers() {
  char buffer[64 << 10];
  size_t answers = 0;
  while (answers == 0) {
    const ssize_t size = ::read(from_peer_.get(), buffer, sizeof(buffer));
    if (size <= 0) Fail("the peer ended");
    partial_.append(buffer, static_cast<size_t>(size));
    size_t start = 0;
    for (size_t end; (end = partial_.find('\n', searched_)) != std::string::npos;
         start = searched_ = end + 1) {
      Check(absl::string_view(partial_).substr(start, end - start));
      ++answers;
    }
    partial_.erase(0, start);
    searched_ = partial_.size();
  }
  return answers;
}

}  // namespace ostiary::bench
