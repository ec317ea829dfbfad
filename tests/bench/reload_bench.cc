// What a reload of 100,000 agents costs: time, memory, and the decisions that go on meanwhile.
//
//   reload_bench DIR                                 a reload in this process, of files in DIR
//   reload_bench FILE write POLICIES                 writes rules of so many different agents
//   reload_bench DIR resident WHAT FILE PID TIMES    the memory of a PDP that has loaded FILE
#include <malloc.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/json/json_document.h"
#include "pdp/reload/policy_store.h"
#include "pdp/reload/reloader.h"
#include "tests/bench/measure.h"
#include "tests/bench/rules_text.h"

namespace ostiary::bench {
namespace {

constexpr int kRounds = 7;
constexpr double kMegabyte = 1e6;

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "reload_bench: %s\n", what.c_str());
  std::exit(1);
}

void Pause(int milliseconds) { ::poll(nullptr, 0, milliseconds); }

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Of "self" or a process, in bytes. `key` is "VmRSS:" or "VmHWM:".
double Memory(const std::string& process, const std::string& key) {
  std::ifstream status(absl::StrCat("/proc/", process, "/status"));
  std::string word;
  double kilobytes = 0;
  while (status >> word) {
    if (word == key && status >> kilobytes) return kilobytes * 1024;
  }
  Fail(absl::StrCat("no ", key, " of process ", process));
}

// Rules files, one edit apart, behind one path.
class EditedRules {
 public:
  explicit EditedRules(std::string dir) : dir_(std::move(dir)) {
    for (size_t i = 0; i < 2; ++i) {
      std::ofstream(Version(i), std::ios::binary) << RulesText({.edited_agent = 1'000 + i});
    }
  }
  // Puts the next version there, by a rename. To be called before the first use.
  void Edit() {
    const std::string link = absl::StrCat(dir_, "/next.json");
    ::unlink(link.c_str());
    if (::symlink(Version(++edits_ % 2).c_str(), link.c_str()) != 0) Fail("symlink");
    if (::rename(link.c_str(), path().c_str()) != 0) Fail("rename");
  }
  std::string path() const { return absl::StrCat(dir_, "/reloaded.json"); }

 private:
  std::string Version(size_t i) const { return absl::StrCat(dir_, "/version-", i, ".json"); }

  const std::string dir_;
  size_t edits_ = 0;
};

// What the PDP reloads with.
struct Policies {
  explicit Policies(const std::string& path)
      : log(STDERR_FILENO, LogLevel::kError, Clock::System()),
        store("bench"),
        reloader({path, std::nullopt}, {}, &store, Clock::System(), log) {}

  void Reload() {
    if (!reloader.Reload().changed) Fail("the rules did not load, or are what they were");
  }
  pdp::Effect Decide(const std::string& agent, const std::string& tool) const {
    const auto policy = store.Current();
    return policy->snapshot->Decide({agent, "files", pdp::AccessKind::kTool, tool}).effect;
  }

  Log log;
  pdp::PolicyStore store;
  pdp::Reloader reloader;
};

// File to first decision, beside the JSON reader. Both as the CPU time of their one thread: the
// files are in the page cache, and nothing is waited for.
void MeasureTime(EditedRules* rules) {
  rules->Edit();
  Policies policies(rules->path());
  double decided_at = 0;
  policies.store.Subscribe([&](const auto&) {
    if (policies.Decide("agent-77", AllowedTool(77)) != pdp::Effect::kAllow) Fail("decision");
    decided_at = ThreadCpuNanoseconds();
  });
  std::vector<double> reloads;
  std::vector<double> parses;
  std::vector<double> ratios;
  const std::string text = ReadText(rules->path());
  policies.Reload();
  for (int round = 0; round < kRounds; ++round) {
    rules->Edit();
    double start = ThreadCpuNanoseconds();
    policies.Reload();
    reloads.push_back((decided_at - start) / 1e6);
    start = ThreadCpuNanoseconds();
    JsonDocument document;
    if (!document.Parse(text)) Fail(document.error().message);
    parses.push_back((ThreadCpuNanoseconds() - start) / 1e6);
    ratios.push_back(reloads.back() / parses.back());
  }
  const Spread ratio = SpreadOf(ratios);
  PrintRow({absl::StrFormat("reload of 100,000 agents, 10 + 10 patterns each (%.1f MB), file to "
                            "first decision, ms of CPU",
                            static_cast<double>(text.size()) / kMegabyte),
            AtMost(ratio.median, 3), Show(SpreadOf(reloads)),
            absl::StrCat("JSON reader alone ", Show(SpreadOf(parses))), Show(ratio)});
}

// In a process of its own: the peak of a reload, while another snapshot decides, beside what one
// snapshot takes when all else has been given back.
void MeasurePeak(EditedRules* rules) {
  ::malloc_trim(0);  // what writing the files left behind is not to be given back as the snapshot's
  const double base = Memory("self", "VmRSS:");
  rules->Edit();
  Policies policies(rules->path());
  policies.Reload();
  ::malloc_trim(0);
  const double snapshot = Memory("self", "VmRSS:") - base;
  std::ofstream("/proc/self/clear_refs") << 5;  // the peak begins anew
  rules->Edit();
  policies.Reload();
  const double peak = Memory("self", "VmHWM:") - base;
  PrintRow({"peak memory of a reload of 100,000 agents, the old snapshot and the text included, MB",
            AtMost(peak / snapshot, 3), Show(peak / kMegabyte),
            absl::StrCat("one snapshot ", Show(snapshot / kMegabyte)), Show(peak / snapshot)});
}

void InChild(const std::function<void()>& run) {
  const pid_t child = ::fork();
  if (child == 0) {
    run();
    std::fflush(stdout);
    std::_Exit(0);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) Fail("a child failed");
}

// Nanoseconds of the slowest one in a thousand decisions of a second.
double SlowDecision(const Policies& policies, std::minstd_rand* random) {
  const Clock& clock = Clock::System();
  std::vector<double> took;
  took.reserve(4'000'000);
  const MonoTime end = clock.Now() + std::chrono::seconds(1);
  MonoTime now = clock.Now();
  while (now < end && took.size() < took.capacity()) {
    const size_t agent = (*random)() % 100'000;
    const std::string id = absl::StrCat("agent-", agent);
    const std::string tool = AllowedTool(agent);
    const MonoTime start = clock.Now();
    const pdp::Effect effect = policies.Decide(id, tool);
    now = clock.Now();
    if (effect != pdp::Effect::kAllow) Fail("decision");
    took.push_back(Nanoseconds(now - start));
  }
  return Percentile(&took, 0.999);
}

// One thread decides, as each of the server's threads does; the other core is left to the reloads.
void MeasureDecisions(EditedRules* rules) {
  rules->Edit();
  Policies policies(rules->path());
  policies.Reload();
  std::atomic<bool> on{false};
  std::atomic<bool> stop{false};
  size_t reloads = 0;
  std::thread reloading([&] {
    while (!stop) {
      if (!on) {
        Pause(1);
        continue;
      }
      rules->Edit();
      policies.Reload();
      ++reloads;
    }
  });
  std::minstd_rand random(1);
  std::vector<double> alone;
  std::vector<double> meanwhile;
  SlowDecision(policies, &random);
  for (int round = 0; round < kRounds; ++round) {
    on = false;
    Pause(700);  // the last reload ends
    alone.push_back(SlowDecision(policies, &random));
    on = true;
    Pause(50);
    meanwhile.push_back(SlowDecision(policies, &random));
  }
  stop = true;
  reloading.join();
  const double ratio = SpreadOf(meanwhile).median / SpreadOf(alone).median;
  PrintRow({absl::StrFormat("a decision while 100,000 agents reload in a loop (%d reloads), p99.9 "
                            "in ns, %d cores",
                            reloads, std::thread::hardware_concurrency()),
            AtMost(ratio, 1.2), Show(SpreadOf(meanwhile)),
            absl::StrCat("without reloads ", Show(SpreadOf(alone))), Show(ratio)});
}

void MeasureResident(const std::string& what, const std::string& file, const std::string& pid,
                     double times) {
  const double resident = Memory(pid, "VmRSS:");
  const auto size = static_cast<double>(ReadText(file).size());
  PrintRow({what, AtMost(resident / size, times), Show(resident / kMegabyte),
            absl::StrCat("the file ", Show(size / kMegabyte)), Show(resident / size)});
}

}  // namespace
}  // namespace ostiary::bench

int main(int argc, char** argv) {
  using namespace ostiary::bench;  // NOLINT: the benchmark's own
  double times = 0;
  if (argc == 7 && absl::SimpleAtod(argv[6], &times)) {
    MeasureResident(argv[3], argv[4], argv[5], times);
    return 0;
  }
  if (argc == 4) {
    size_t policies = 0;
    if (!absl::SimpleAtoi(argv[3], &policies)) return 64;
    std::ofstream(argv[1], std::ios::binary) << RulesText({.policies = policies});
    return 0;
  }
  if (argc != 2) return 64;
  EditedRules rules(argv[1]);
  InChild([&] { MeasurePeak(&rules); });
  InChild([&] { MeasureTime(&rules); });
  InChild([&] { MeasureDecisions(&rules); });
}
