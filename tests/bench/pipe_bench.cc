// pipe_bench NAME PASS_THROUGH LINE_SERVER SIDECAR...: what the sidecar adds to a call.
//
// Two chains that do the same but for the sidecar's decisions: client, pass_through, line_server,
// and client, SIDECAR..., line_server. They are driven in turns: round trips of allowed calls of
// 300 bytes one by one, then with 64 in flight, then one by one with a tool's name that is new each
// time, so that each call waits for a decision.
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/line_peer.h"
#include "tests/bench/measure.h"

namespace ostiary::bench {
namespace {

constexpr int kRounds = 7;
constexpr int kRoundTrips = 3'000;
constexpr size_t kInFlight = 64;
constexpr size_t kLines = 60'000;

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

// Lines a second, each way.
double RunInFlight(LinePeer* peer) {
  const MonoTime start = Clock::System().Now();
  peer->SendCalls("read_file", kInFlight);
  size_t sent = kInFlight;
  for (size_t answered = 0; answered < kLines;) {
    const size_t came = peer->ReceiveAnswers();
    answered += came;
    const size_t more = std::min(came, kLines - sent);
    if (more > 0) peer->SendCalls("read_file", more);
    sent += more;
  }
  return static_cast<double>(kLines) / (Nanoseconds(Clock::System().Now() - start) / 1e9);
}

std::string ShowLatency(const Latency& latency) {
  return absl::StrCat("p50 ", Show(SpreadOf(latency.p50)), " µs, p99 ", Show(SpreadOf(latency.p99)),
                      " µs");
}

void PrintLatency(const std::string& what, const Latency& ours, const Latency& bare) {
  const double p50 = SpreadOf(ours.p50).median;
  const double p99 = SpreadOf(ours.p99).median;
  const double bare_p50 = SpreadOf(bare.p50).median;
  const double bare_p99 = SpreadOf(bare.p99).median;
  PrintRow({what, "",
            absl::StrCat(ShowLatency(ours), "; added ", Show(p50 - bare_p50), " and ",
                         Show(p99 - bare_p99), " µs"),
            absl::StrCat("pass-through ", ShowLatency(bare)),
            absl::StrCat("p50 ", Show(p50 / bare_p50), ", p99 ", Show(p99 / bare_p99))});
}

void Measure(const std::string& name, LinePeer* bare, LinePeer* sidecar) {
  for (const auto& [decisions, text] :
       {std::pair(Decisions::kCached, "round trip of an allowed call, "),
        std::pair(Decisions::kNew, "the same where the decision is not cached, ")}) {
    Latency ours;
    Latency theirs;
    for (int round = 0; round < kRounds; ++round) {
      RunRoundTrips(bare, decisions, &theirs);
      RunRoundTrips(sidecar, decisions, &ours);
    }
    PrintLatency(absl::StrCat(text, name), ours, theirs);
  }
  std::vector<double> ours;
  std::vector<double> theirs;
  for (int round = 0; round < kRounds; ++round) {
    theirs.push_back(RunInFlight(bare));
    ours.push_back(RunInFlight(sidecar));
  }
  const double ratio = SpreadOf(ours).median / SpreadOf(theirs).median;
  PrintRow({absl::StrCat("lines a second, 64 in flight, ", name), AtLeast(ratio, 0.9),
            Show(SpreadOf(ours)), absl::StrCat("pass-through ", Show(SpreadOf(theirs))),
            Show(ratio)});
}

}  // namespace
}  // namespace ostiary::bench

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: pipe_bench NAME PASS_THROUGH LINE_SERVER SIDECAR...\n");
    return 64;
  }
  std::vector<std::string> sidecar(argv + 4, argv + argc);
  sidecar.emplace_back(argv[3]);
  ostiary::bench::LinePeer bare_peer({argv[2], argv[3]});
  ostiary::bench::LinePeer sidecar_peer(sidecar);
  ostiary::bench::Measure(argv[1], &bare_peer, &sidecar_peer);
}
