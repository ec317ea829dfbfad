// checks_bench NAME ADDRESS PID BARE_ADDRESS BARE_PID: what checks cost a running PDP.
//
// The server's CPU time per check, checks a second and their round trip, for Check and Session with
// 1 and 256 in flight, beside bare_server in turns; and for BatchCheck of 50 beside Check of the
// same PDP. Client and servers share the machine's cores.
//
// checks_bench --tls DIR ADDRESS PID PLAIN_ADDRESS PLAIN_PID: what TLS adds, with the client
// certificate client.pem, client.key in DIR, of the authority ca.pem.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/read_file.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"

namespace ostiary::bench {
namespace {

// Many and short: what a call costs depends on how many gRPC handles at a time and on which
// threads, which differs by a fifth from one connection to the next and little within one.
struct Rounds {
  int count;
  MonoDuration warm_up;
  MonoDuration measured;
};
constexpr Rounds kBusyRounds = {41, std::chrono::milliseconds(60), std::chrono::milliseconds(120)};
// One in flight needs no time to gather, and differs by more from one connection to the next.
constexpr Rounds kIdleRounds = {151, std::chrono::milliseconds(15), std::chrono::milliseconds(35)};
constexpr int kBatch = 50;
constexpr int kManyInFlight = 256;
constexpr int kSessions = 16;

constexpr double kMostOfBare = 1.10;
constexpr double kMostOfCheck = 2.5;

enum class Method { kCheck, kSession, kBatchCheck };

struct Server {
  Target target;
  pid_t pid;
};

// What came of several runs.
struct Figures {
  std::vector<double> calls_per_second;
  std::vector<double> cpu_us;  // of the server, per call
  std::vector<double> p50_us;
};

std::unique_ptr<Load> Start(Method method, const Target& target, int in_flight) {
  switch (method) {
    case Method::kCheck:
      return UnaryLoad(target, in_flight, 0);
    case Method::kBatchCheck:
      return UnaryLoad(target, in_flight, kBatch);
    case Method::kSession:
      break;
  }
  const int sessions = in_flight >= kSessions ? kSessions : 1;
  return SessionLoad(target, sessions, in_flight / sessions);
}

const Rounds& RoundsOf(int in_flight) { return in_flight == 1 ? kIdleRounds : kBusyRounds; }

void RunOnce(Method method, const Server& server, int in_flight, Figures* figures) {
  const Rounds& rounds = RoundsOf(in_flight);
  const std::unique_ptr<Load> load = Start(method, server.target, in_flight);
  WaitFor(rounds.warm_up);
  const uint64_t ended = load->ended();
  const double cpu = CpuSeconds(server.pid);
  const MonoTime start = Clock::System().Now();
  WaitFor(rounds.measured);
  const auto calls = static_cast<double>(load->ended() - ended);
  const double seconds = Nanoseconds(Clock::System().Now() - start) / 1e9;
  const double used = CpuSeconds(server.pid) - cpu;
  load->Stop();
  if (calls == 0) {
    std::fprintf(stderr, "%s answered nothing\n", server.target.address.c_str());
    std::exit(1);
  }
  figures->calls_per_second.push_back(calls / seconds);
  figures->cpu_us.push_back(used / calls * 1e6);
  if (in_flight == 1) figures->p50_us.push_back(Percentile(&load->samples(), 0.5));
}

std::string ShowFigures(const Figures& figures) {
  std::string text = absl::StrCat(Show(SpreadOf(figures.calls_per_second)), " /s, CPU ",
                                  Show(SpreadOf(figures.cpu_us)), " µs");
  if (!figures.p50_us.empty()) {
    absl::StrAppend(&text, ", p50 ", Show(SpreadOf(figures.p50_us)), " µs");
  }
  return text;
}

// Of each round by itself: what slows the machine down for a while slows both sides of a round.
Spread Ratios(const std::vector<double>& ours, const std::vector<double>& theirs) {
  std::vector<double> ratios;
  for (size_t i = 0; i < ours.size(); ++i) ratios.push_back(ours[i] / theirs[i]);
  return SpreadOf(std::move(ratios));
}

struct Side {
  Method method;
  Server server;
};

struct Pair {
  Figures ours;
  Figures theirs;

  Spread Cpu() const { return Ratios(ours.cpu_us, theirs.cpu_us); }
  Spread P50() const { return Ratios(ours.p50_us, theirs.p50_us); }
};

Pair InTurns(const Side& ours, const Side& theirs, int in_flight) {
  Pair pair;
  for (int round = 0; round < RoundsOf(in_flight).count; ++round) {
    RunOnce(ours.method, ours.server, in_flight, &pair.ours);
    RunOnce(theirs.method, theirs.server, in_flight, &pair.theirs);
  }
  return pair;
}

// Many in flight: what counts is the CPU time.
void MeasureBusy(const std::string& what, const Side& ours, const std::string& beside,
                 const Side& theirs, double most) {
  const Pair pair = InTurns(ours, theirs, kManyInFlight);
  const Spread cpu = pair.Cpu();
  PrintRow({absl::StrCat(what, ", ", kManyInFlight, " in flight"),
            most > 0 ? AtMost(cpu.median, most) : "", ShowFigures(pair.ours),
            absl::StrCat(beside, " ", ShowFigures(pair.theirs)), absl::StrCat("CPU ", Show(cpu))});
}

// One in flight: what counts is how long it takes.
void MeasureIdle(const std::string& what, const Side& ours, const Side& theirs, double most) {
  const Pair pair = InTurns(ours, theirs, 1);
  const Spread p50 = pair.P50();
  PrintRow({absl::StrCat(what, ", 1 in flight"), most > 0 ? AtMost(p50.median, most) : "",
            ShowFigures(pair.ours), absl::StrCat("bare service ", ShowFigures(pair.theirs)),
            absl::StrCat("p50 ", Show(p50), ", CPU ", Show(pair.Cpu()))});
}

void Measure(const std::string& name, const Server& pdp, const Server& bare) {
  const auto busy = [&](Method method, const std::string& what, double most) {
    MeasureBusy(absl::StrCat(what, ", ", name), {method, pdp}, "bare service", {method, bare},
                most);
  };
  const auto idle = [&](Method method, const std::string& what, double most) {
    MeasureIdle(absl::StrCat(what, ", ", name), {method, pdp}, {method, bare}, most);
  };
  busy(Method::kCheck, "Check", kMostOfBare);
  busy(Method::kSession, "Session check", kMostOfBare);
  idle(Method::kSession, "Session check", kMostOfBare);
  idle(Method::kCheck, "Check", 0);
  const std::string batch = absl::StrCat("BatchCheck of ", kBatch);
  MeasureBusy(absl::StrCat(batch, ", ", name), {Method::kBatchCheck, pdp}, "one Check",
              {Method::kCheck, pdp}, kMostOfCheck);
  busy(Method::kBatchCheck, batch, 0);
}

void MeasureTls(const Server& tls, const Server& plain) {
  constexpr std::pair<Method, const char*> kMethods[] = {{Method::kCheck, "Check"},
                                                         {Method::kSession, "Session check"}};
  for (const auto& [method, what] : kMethods) {
    MeasureBusy(absl::StrCat(what, ", TLS and client certificate"), {method, tls}, "without, TCP",
                {method, plain}, 0);
  }
}

std::string ReadOrExit(const std::string& path) {
  absl::StatusOr<std::string> text = ReadSmallFile(path, 1 << 20);
  if (text.ok()) return *std::move(text);
  std::fprintf(stderr, "%s\n", std::string(text.status().message()).c_str());
  std::exit(1);
}

Target WithTls(const std::string& address, const std::string& dir) {
  return {address, ReadOrExit(dir + "/ca.pem"), ReadOrExit(dir + "/client.pem"),
          ReadOrExit(dir + "/client.key")};
}

int Main(const std::vector<std::string>& args) {
  if (args.size() == 6 && args[0] == "--tls") {
    MeasureTls({WithTls(args[2], args[1]), std::atoi(args[3].c_str())},
               {{args[4]}, std::atoi(args[5].c_str())});
    return 0;
  }
  if (args.size() == 5) {
    Measure(args[0], {{args[1]}, std::atoi(args[2].c_str())},
            {{args[3]}, std::atoi(args[4].c_str())});
    return 0;
  }
  std::fprintf(stderr,
               "usage: checks_bench NAME ADDRESS PID BARE_ADDRESS BARE_PID\n"
               "       checks_bench --tls DIR ADDRESS PID PLAIN_ADDRESS PLAIN_PID\n");
  return 64;
}

}  // namespace
}  // namespace ostiary::bench

int main(int argc, char** argv) { return ostiary::bench::Main({argv + 1, argv + argc}); }
