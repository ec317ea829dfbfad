// pipe_bench [--no-targets] NAME PASS_THROUGH LINE_SERVER SIDECAR...: what the sidecar adds to a
// call, and whether that keeps to what is promised of a sidecar.
//
// Two chains that do the same but for the sidecar's decisions: client, pass_through, line_server,
// and client, SIDECAR..., line_server. They are driven in turns: round trips of allowed calls of
// 300 bytes one by one; the same with a tool's name that is new each time, so that each call waits
// for a decision; with 64 in flight; lines of 1 MiB in one direction and the other, 4 in flight;
// and lists of tools of 76 KB, of which half are cut out.
#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/line_peer.h"
#include "tests/bench/measure.h"

namespace ostiary::bench {
namespace {

// Many and short: on which cores the kernel lets a chain's processes run makes a round trip two or
// three times as long, and differs from round to round.
constexpr int kRounds = 21;
constexpr int kRoundTrips = 1'000;
constexpr size_t kInFlight = 64;
constexpr size_t kLines = 20'000;
constexpr size_t kLongBytes = size_t{1} << 20;
constexpr size_t kLongLines = 100;
constexpr size_t kLongInFlight = 4;
constexpr int kLists = 100;

// Whether rows carry their targets: something else may stand in the sidecar's place.
bool with_targets = true;

// Whether the call's decision is in the sidecar's cache.
enum class Decisions { kCached, kNew };

// Of a chain, over the rounds.
struct Latency {
  std::vector<double> p50;
  std::vector<double> p99;
};

void RunRoundTrips(LinePeer* peer, Decisions decisions, Latency* latency) {
  static int names = 0;
  std::vector<double> samples;
  samples.reserve(kRoundTrips);
  for (int i = 0; i < kRoundTrips; ++i) {
    const std::string tool =
        decisions == Decisions::kCached ? "read_file" : absl::StrCat("read_", ++names);
    const MonoTime start = Clock::System().Now();
    peer->SendCalls(tool, 1);
    peer->ReceiveAnswers();
    samples.push_back(Nanoseconds(Clock::System().Now() - start) / 1e3);
  }
  latency->p50.push_back(Percentile(&samples, 0.5));
  latency->p99.push_back(Percentile(&samples, 0.99));
}

// Keeps `in_flight` of `lines` calls in flight, and returns the calls answered a second.
template <typename Send>
double RunInFlight(LinePeer* peer, size_t in_flight, size_t lines, Send send) {
  const MonoTime start = Clock::System().Now();
  send(in_flight);
  size_t sent = in_flight;
  for (size_t answered = 0; answered < lines;) {
    const size_t came = peer->ReceiveAnswers();
    answered += came;
    const size_t more = std::min(came, lines - sent);
    if (more > 0) send(more);
    sent += more;
  }
  return static_cast<double>(lines) / (Nanoseconds(Clock::System().Now() - start) / 1e9);
}

// Lines a second, each way.
double RunShortLines(LinePeer* peer) {
  return RunInFlight(peer, kInFlight, kLines,
                     [peer](size_t count) { peer->SendCalls("read_file", count); });
}

// MiB a second, from the client to the server.
double RunLongCalls(LinePeer* peer) {
  return RunInFlight(peer, kLongInFlight, kLongLines, [peer](size_t count) {
    for (size_t i = 0; i < count; ++i) peer->SendLongCall("read_file", kLongBytes);
  });
}

// MiB a second, from the server to the client.
double RunLongAnswers(LinePeer* peer) {
  return RunInFlight(peer, kLongInFlight, kLongLines,
                     [peer](size_t count) { peer->SendCalls("read_long", count); });
}

// The median round trip of a list, in microseconds.
double RunLists(LinePeer* peer) {
  std::vector<double> samples;
  samples.reserve(kLists);
  for (int i = 0; i < kLists; ++i) {
    const MonoTime start = Clock::System().Now();
    peer->SendList();
    peer->ReceiveAnswers();
    samples.push_back(Nanoseconds(Clock::System().Now() - start) / 1e3);
  }
  return Percentile(&samples, 0.5);
}

// The median of the rounds' ratios.
double RatioOf(const std::vector<double>& ours, const std::vector<double>& theirs) {
  std::vector<double> ratios;
  for (size_t i = 0; i < ours.size(); ++i) ratios.push_back(ours[i] / theirs[i]);
  return SpreadOf(ratios).median;
}

// One row for each percentile; with a target where the decision is cached.
void PrintLatency(const std::string& what, Decisions decisions, const Latency& ours,
                  const Latency& bare) {
  const auto print = [&](absl::string_view percentile, const std::vector<double>& measured,
                         const std::vector<double>& beside) {
    const Spread a = SpreadOf(measured);
    const Spread b = SpreadOf(beside);
    const double ratio = RatioOf(measured, beside);
    PrintRow({absl::StrCat(what, ", ", percentile),
              decisions == Decisions::kCached && with_targets ? AtMost(ratio, 1.10) : "",
              absl::StrCat(Show(a), " µs, added ", Show(a.median - b.median), " µs"),
              absl::StrCat("pass-through ", Show(b), " µs"), Show(ratio)});
  };
  print("p50", ours.p50, bare.p50);
  print("p99", ours.p99, bare.p99);
}

void MeasureRoundTrips(const std::string& name, LinePeer* bare, LinePeer* sidecar) {
  for (const auto& [decisions, text] :
       {std::pair(Decisions::kCached, "round trip of an allowed call, "),
        std::pair(Decisions::kNew, "the same where the decision is not cached, ")}) {
    Latency ours;
    Latency theirs;
    for (int round = 0; round < kRounds; ++round) {
      RunRoundTrips(bare, decisions, &theirs);
      RunRoundTrips(sidecar, decisions, &ours);
    }
    PrintLatency(absl::StrCat(text, name), decisions, ours, theirs);
  }
}

void MeasureRate(const std::string& what, absl::string_view unit, LinePeer* bare, LinePeer* sidecar,
                 double (*run)(LinePeer*)) {
  std::vector<double> ours;
  std::vector<double> theirs;
  for (int round = 0; round < kRounds; ++round) {
    theirs.push_back(run(bare));
    ours.push_back(run(sidecar));
  }
  const double ratio = RatioOf(ours, theirs);
  PrintRow({what, with_targets ? AtLeast(ratio, 0.9) : "", absl::StrCat(Show(SpreadOf(ours)), unit),
            absl::StrCat("pass-through ", Show(SpreadOf(theirs)), unit), Show(ratio)});
}

void MeasureLists(const std::string& name, LinePeer* bare, LinePeer* sidecar) {
  std::vector<double> ours;
  std::vector<double> theirs;
  for (int round = 0; round < kRounds; ++round) {
    theirs.push_back(RunLists(bare));
    ours.push_back(RunLists(sidecar));
  }
  const Spread a = SpreadOf(ours);
  const Spread b = SpreadOf(theirs);
  const double added = a.median - b.median;
  PrintRow({absl::StrCat("tools/list of 76 KB, half of it cut out, added at p50, ", name),
            with_targets ? AtMost(added, 100, " µs") : "",
            absl::StrCat(Show(a), " µs, added ", Show(added), " µs"),
            absl::StrCat("pass-through, all of it ", Show(b), " µs"), Show(RatioOf(ours, theirs))});
}

void Measure(const std::string& name, LinePeer* bare, LinePeer* sidecar) {
  MeasureRoundTrips(name, bare, sidecar);
  MeasureRate(absl::StrCat("lines a second, 64 in flight, ", name), "", bare, sidecar,
              RunShortLines);
  MeasureRate(absl::StrCat("lines of 1 MiB to the server, ", name), " MiB/s", bare, sidecar,
              RunLongCalls);
  MeasureRate(absl::StrCat("lines of 1 MiB to the client, ", name), " MiB/s", bare, sidecar,
              RunLongAnswers);
  MeasureLists(name, bare, sidecar);
}

}  // namespace
}  // namespace ostiary::bench

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "--no-targets") {
    ostiary::bench::with_targets = false;
    --argc;
    ++argv;
  }
  if (argc < 5) {
    std::fprintf(stderr,
                 "usage: pipe_bench [--no-targets] NAME PASS_THROUGH LINE_SERVER SIDECAR...\n");
    return 64;
  }
  std::vector<std::string> sidecar(argv + 4, argv + argc);
  sidecar.emplace_back(argv[3]);
  ostiary::bench::LinePeer bare_peer({argv[2], argv[3]});
  ostiary::bench::LinePeer sidecar_peer(sidecar);
  ostiary::bench::Measure(argv[1], &bare_peer, &sidecar_peer);
}
