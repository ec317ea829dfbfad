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

// A chain keeps for its life to the cores, and to the memory, that the kernel gave its processes
// first, and a round trip may take twice as long on others: so chains are started so many times.
constexpr int kStarts = 21;
constexpr int kWarmUps = 300;
constexpr int kRoundTrips = 3'000;
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

// Of the chains of one kind, over the starts.
struct Latency {
  std::vector<double> p50;
  std::vector<double> p99;
};
struct Figures {
  Latency cached;
  Latency uncached;
  std::vector<double> short_lines;
  std::vector<double> long_calls;
  std::vector<double> long_answers;
  std::vector<double> lists;
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

// The median of the starts' ratios.
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

void PrintRate(const std::string& what, absl::string_view unit, const std::vector<double>& ours,
               const std::vector<double>& bare) {
  const double ratio = RatioOf(ours, bare);
  PrintRow({what, with_targets ? AtLeast(ratio, 0.9) : "", absl::StrCat(Show(SpreadOf(ours)), unit),
            absl::StrCat("pass-through ", Show(SpreadOf(bare)), unit), Show(ratio)});
}

void PrintLists(const std::string& what, const std::vector<double>& ours,
                const std::vector<double>& bare) {
  const Spread a = SpreadOf(ours);
  const Spread b = SpreadOf(bare);
  const double added = a.median - b.median;
  PrintRow({what, with_targets ? AtMost(added, 100, " µs") : "",
            absl::StrCat(Show(a), " µs, added ", Show(added), " µs"),
            absl::StrCat("pass-through, all of it ", Show(b), " µs"), Show(RatioOf(ours, bare))});
}

// Calls measure(chain, its figures) for both, each first in every other start.
template <typename Measure>
void InTurns(int start, LinePeer* bare, Figures* of_bare, LinePeer* sidecar, Figures* of_sidecar,
             const Measure& measure) {
  const bool sidecar_first = start % 2 != 0;
  if (sidecar_first) measure(sidecar, of_sidecar);
  measure(bare, of_bare);
  if (!sidecar_first) measure(sidecar, of_sidecar);
}

void MeasureStart(int start, LinePeer* bare, Figures* of_bare, LinePeer* sidecar,
                  Figures* of_sidecar) {
  const auto in_turns = [&](const auto& measure) {
    InTurns(start, bare, of_bare, sidecar, of_sidecar, measure);
  };
  in_turns([](LinePeer* peer, Figures*) {
    for (int i = 0; i < kWarmUps; ++i) {
      peer->SendCalls("read_file", 1);
      peer->ReceiveAnswers();
    }
  });
  in_turns(
      [](LinePeer* peer, Figures* of) { RunRoundTrips(peer, Decisions::kCached, &of->cached); });
  in_turns(
      [](LinePeer* peer, Figures* of) { RunRoundTrips(peer, Decisions::kNew, &of->uncached); });
  in_turns([](LinePeer* peer, Figures* of) { of->short_lines.push_back(RunShortLines(peer)); });
  in_turns([](LinePeer* peer, Figures* of) { of->long_calls.push_back(RunLongCalls(peer)); });
  in_turns([](LinePeer* peer, Figures* of) { of->long_answers.push_back(RunLongAnswers(peer)); });
  in_turns([](LinePeer* peer, Figures* of) { of->lists.push_back(RunLists(peer)); });
}

void Print(const std::string& name, const Figures& ours, const Figures& bare) {
  PrintLatency(absl::StrCat("round trip of an allowed call, ", name), Decisions::kCached,
               ours.cached, bare.cached);
  PrintLatency(absl::StrCat("the same where the decision is not cached, ", name), Decisions::kNew,
               ours.uncached, bare.uncached);
  PrintRate(absl::StrCat("lines a second, 64 in flight, ", name), "", ours.short_lines,
            bare.short_lines);
  PrintRate(absl::StrCat("lines of 1 MiB to the server, ", name), " MiB/s", ours.long_calls,
            bare.long_calls);
  PrintRate(absl::StrCat("lines of 1 MiB to the client, ", name), " MiB/s", ours.long_answers,
            bare.long_answers);
  PrintLists(absl::StrCat("tools/list of 76 KB, half of it cut out, added at p50, ", name),
             ours.lists, bare.lists);
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
  ostiary::bench::Figures of_bare;
  ostiary::bench::Figures of_sidecar;
  for (int start = 0; start < ostiary::bench::kStarts; ++start) {
    ostiary::bench::LinePeer bare({argv[2], argv[3]});
    ostiary::bench::LinePeer chain(sidecar);
    ostiary::bench::MeasureStart(start, &bare, &of_bare, &chain, &of_sidecar);
  }
  ostiary::bench::Print(argv[1], of_sidecar, of_bare);
}
