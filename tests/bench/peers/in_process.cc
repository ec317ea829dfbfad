// in_process FOLDER: what a decision costs Ostiary's own policy engine, in process, by the
// questions of policies.py; one line of JSON. Ends with 1 where a decision is another than
// policies.py says.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/json/json_document.h"
#include "pdp/policy/load.h"
#include "tests/bench/measure.h"

namespace ostiary::bench {
namespace {

struct Question {
  std::string agent;
  std::string server;
  std::string name;
  pdp::AccessKind kind;
  bool allow;
};

[[noreturn]] void Fail(const std::string& why) {
  std::fprintf(stderr, "in_process: %s\n", why.c_str());
  std::exit(1);
}

std::string Text(const JsonValue& object, absl::string_view key) {
  const auto value = object.Find(key);
  if (!value) Fail(absl::StrCat("a question without ", key));
  return value->string_copy();
}

std::vector<Question> Read(const std::string& path) {
  std::vector<Question> questions;
  std::ifstream lines(path);
  for (std::string line; std::getline(lines, line);) {
    JsonDocument document;
    if (!document.Parse(line)) Fail("a question that is no JSON");
    const JsonValue root = document.root();
    const bool is_tool = Text(root, "kind") == "TOOL";
    questions.push_back({Text(root, "agent"), Text(root, "server"), Text(root, "name"),
                         is_tool ? pdp::AccessKind::kTool : pdp::AccessKind::kServer,
                         root.Find("allow")->bool_value()});
  }
  if (questions.empty()) Fail("no questions");
  return questions;
}

void Measure(const std::string& folder) {
  constexpr int kTimes = 1'000'000;
  const std::vector<Question> questions = Read(folder + "/questions.jsonl");
  std::ostringstream rules;
  rules << std::ifstream(folder + "/rules.json").rdbuf();
  const std::string text = rules.str();
  const double empty = ResidentBytes();
  const auto snapshot = pdp::LoadPolicy({{"rules.json", text}, {}}).snapshot;
  if (snapshot == nullptr) Fail("the rules do not load");
  const double memory = ResidentBytes() - empty;
  const double start = ThreadCpuNanoseconds();
  for (int i = 0; i < kTimes; ++i) {
    const Question& asked = questions[static_cast<size_t>(i) % questions.size()];
    const pdp::Decision decision =
        snapshot->Decide({asked.agent, asked.server, asked.kind, asked.name});
    if ((decision.effect == pdp::Effect::kAllow) != asked.allow) Fail("a decision is wrong");
  }
  const double took = ThreadCpuNanoseconds() - start;
  std::printf("{\"cpu_us\": %.4f, \"memory_mb\": %.3f}\n", took / kTimes / 1e3, memory / 1e6);
}

}  // namespace
}  // namespace ostiary::bench

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  ostiary::bench::Measure(argv[1]);
}
