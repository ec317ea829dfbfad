// checks_bench NAME ADDRESS PID BARE_ADDRESS BARE_PID: what checks cost a running PDP.
//
// Checks a second and the server's CPU time per check, for Check, Session and BatchCheck of 50,
// with 1 and 256 in flight, beside bare_server in turns. Client and servers share the machine's
// cores.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"

namespace ostiary::bench {
namespace {

constexpr int kRounds = 5;
constexpr int kBatch = 50;
constexpr MonoDuration kWarmUp = std::chrono::milliseconds(200);
constexpr MonoDuration kMeasured = std::chrono::milliseconds(800);

enum class Method { kCheck, kSession, kBatchCheck };

struct Server {
  std::string address;
  pid_t pid;
};

// What came of several runs.
struct Figures {
  std::vector<double> calls_per_second;
  std::vector<double> cpu_us;  // of the server, per call
  std::vector<double> p50_us;
};

void Pause(MonoDuration span) {
  Mutex mutex;
  CondVar never;
  MutexLock lock(&mutex);
  const MonoTime end = Clock::System().Now() + span;
  while (Clock::System().Now() < end) never.WaitUntil(&mutex, end);
}

std::unique_ptr<Load> Start(Method method, const std::string& address, int in_flight) {
  switch (method) {
    case Method::kCheck:
      return UnaryLoad(address, in_flight, 0);
    case Method::kBatchCheck:
      return UnaryLoad(address, in_flight, kBatch);
    case Method::kSession:
      break;
  }
  const int sessions = in_flight >= 16 ? 16 : 1;
  return SessionLoad(address, sessions, in_flight / sessions);
}

void RunOnce(Method method, const Server& server, int in_flight, Figures* figures) {
  const std::unique_ptr<Load> load = Start(method, server.address, in_flight);
  Pause(kWarmUp);
  const uint64_t ended = load->ended();
  const double cpu = CpuSeconds(server.pid);
  const MonoTime start = Clock::System().Now();
  Pause(kMeasured);
  const auto calls = static_cast<double>(load->ended() - ended);
  const double seconds = Nanoseconds(Clock::System().Now() - start) / 1e9;
  const double used = CpuSeconds(server.pid) - cpu;
  load->Stop();
  if (calls == 0) {
    std::fprintf(stderr, "%s answered nothing\n", server.address.c_str());
    std::exit(1);
  }
  figures->calls_per_second.push_back(calls / seconds);
  figures->cpu_us.push_back(used / calls * 1e6);
  if (!load->samples().empty()) figures->p50_us.push_back(Percentile(&load->samples(), 0.5));
}

std::string ShowFigures(const Figures& figures, int in_flight) {
  std::string text = absl::StrCat(Show(SpreadOf(figures.calls_per_second)), " /s, CPU ",
                                  Show(SpreadOf(figures.cpu_us)), " µs");
  if (in_flight == 1) absl::StrAppend(&text, ", p50 ", Show(SpreadOf(figures.p50_us)), " µs");
  return text;
}

std::string Ratio(const Figures& ours, const Figures& bare, int in_flight) {
  std::string text =
      absl::StrCat("CPU ", Show(SpreadOf(ours.cpu_us).median / SpreadOf(bare.cpu_us).median));
  if (in_flight == 1) {
    absl::StrAppend(&text, ", p50 ",
                    Show(SpreadOf(ours.p50_us).median / SpreadOf(bare.p50_us).median));
  }
  return text;
}

void Measure(const std::string& name, const Server& pdp, const Server& bare) {
  constexpr std::pair<Method, const char*> kMethods[] = {{Method::kCheck, "Check"},
                                                         {Method::kSession, "Session check"},
                                                         {Method::kBatchCheck, "BatchCheck of 50"}};
  for (const auto& [method, method_name] : kMethods) {
    for (const int in_flight : {1, 256}) {
      Figures ours;
      Figures theirs;
      for (int round = 0; round < kRounds; ++round) {
        RunOnce(method, pdp, in_flight, &ours);
        RunOnce(method, bare, in_flight, &theirs);
      }
      PrintRow({absl::StrCat(method_name, ", ", name, ", ", in_flight, " in flight"), "",
                ShowFigures(ours, in_flight),
                absl::StrCat("bare service ", ShowFigures(theirs, in_flight)),
                Ratio(ours, theirs, in_flight)});
    }
  }
}

}  // namespace
}  // namespace ostiary::bench

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: checks_bench NAME ADDRESS PID BARE_ADDRESS BARE_PID\n");
    return 64;
  }
  ostiary::bench::Measure(argv[1], {argv[2], std::atoi(argv[3])}, {argv[4], std::atoi(argv[5])});
}
