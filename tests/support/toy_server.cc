// toy_server: a small MCP server on stdio, for tests, with the bad habits of real ones as flags.
//
//   --ignore-eof      goes on when its input ends
//   --ignore-term     ignores SIGTERM
//   --grandchild      starts a process that holds the pipes and lives on
//   --calls-file F    appends the name of each tool that runs, a line each
//   --answer-late     answers calls only when its input ends
//   --never-answer    answers no calls
//   --exit N          leaves with this status at the end of its input
//   --die-of-pids     kills itself with SIGKILL when `pids` is called
//
// Tools: read, write, delete_all; each answers with its arguments. `pids` answers with the process
// ids of the server and of its grandchild (0 for none). Exits 3 where a line is no JSON object.
#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/json/json_document.h"

namespace {

struct Habits {
  bool ignore_eof = false;
  bool ignore_term = false;
  bool grandchild = false;
  bool answer_late = false;
  bool never_answer = false;
  bool die_of_pids = false;
  int exit_status = 0;
  std::string calls_file;
};

Habits ParseHabits(int argc, char** argv) {
  Habits habits;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--ignore-eof") habits.ignore_eof = true;
    if (flag == "--ignore-term") habits.ignore_term = true;
    if (flag == "--grandchild") habits.grandchild = true;
    if (flag == "--answer-late") habits.answer_late = true;
    if (flag == "--never-answer") habits.never_answer = true;
    if (flag == "--die-of-pids") habits.die_of_pids = true;
    if (flag == "--exit" && i + 1 < argc) habits.exit_status = std::atoi(argv[++i]);
    if (flag == "--calls-file" && i + 1 < argc) habits.calls_file = argv[++i];
  }
  return habits;
}

class ToyServer {
 public:
  ToyServer(Habits habits, pid_t grandchild)
      : habits_(std::move(habits)), grandchild_(grandchild) {}

  void Handle(const std::string& line) {
    ostiary::JsonDocument message;
    if (!message.Parse(line) || !message.root().is_object()) std::exit(3);
    const auto method = message.root().Find("method");
    const auto id = message.root().Find("id");
    if (!method.has_value() || !id.has_value()) return;
    const std::string result = Result(method->string_copy(), message.root().Find("params"));
    const std::string answer =
        absl::StrCat(R"({"jsonrpc":"2.0","id":)", id->raw(), R"(,"result":)", result, "}\n");
    const bool is_call = method->string_equals("tools/call");
    if (is_call && habits_.never_answer) return;
    if (is_call && habits_.answer_late) {
      late_ += answer;
    } else {
      std::cout << answer << std::flush;
    }
  }

  int Finish() {
    std::cout << late_ << std::flush;
    while (habits_.ignore_eof) ::pause();
    return habits_.exit_status;
  }

 private:
  std::string Result(const std::string& method, std::optional<ostiary::JsonValue> params) {
    if (method == "initialize") {
      return R"({"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":true}},)"
             R"("serverInfo":{"name":"toy","version":"1"}})";
    }
    if (method == "tools/list") {
      std::string tools;
      for (const char* name : {"read", "write", "delete_all", "pids"}) {
        absl::StrAppend(&tools, tools.empty() ? "" : ",", R"({"name":")", name,
                        R"(","inputSchema":{"type":"object"}})");
      }
      return absl::StrCat(R"({"tools":[)", tools, "]}");
    }
    if (method == "tools/call" && params.has_value()) return Call(*params);
    return "{}";
  }

  std::string Call(const ostiary::JsonValue& params) {
    const auto name = params.Find("name");
    const std::string tool = name.has_value() ? name->string_copy() : "";
    if (habits_.die_of_pids && tool == "pids") ::raise(SIGKILL);
    if (!habits_.calls_file.empty()) {
      std::ofstream(habits_.calls_file, std::ios::app) << tool << std::endl;
    }
    std::string text = tool == "pids" ? absl::StrCat(::getpid(), " ", grandchild_) : "done";
    return absl::StrCat(R"({"content":[{"type":"text","text":")", text, R"("}]})");
  }

  const Habits habits_;
  const pid_t grandchild_;
  std::string late_;
};

}  // namespace

int main(int argc, char** argv) {
  const Habits habits = ParseHabits(argc, argv);
  pid_t grandchild = 0;
  if (habits.grandchild) {
    grandchild = ::fork();
    if (grandchild == 0) {
      if (habits.ignore_term) ::signal(SIGTERM, SIG_IGN);
      while (true) ::pause();
    }
  }
  if (habits.ignore_term) ::signal(SIGTERM, SIG_IGN);
  ToyServer server(habits, grandchild);
  for (std::string line; std::getline(std::cin, line);) server.Handle(line);
  return server.Finish();
}
