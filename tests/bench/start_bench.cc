// start_bench NAME BASE COMMAND... @ COMMAND...: how long it takes to start, side by side.
//
// Each command is started with an `initialize` in its stdin, as a client would, and the time until
// the first line of its stdout is taken: the server runs then, and the line has passed both ways.
// The two are started in turns. With BASE "pass-through", the second may take 5 ms more than the
// first. With any other BASE, the line is one that the sidecar refuses by itself, since no decision
// lets it pass, and the second may not come later than the first.
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/bench/line_peer.h"
#include "tests/bench/measure.h"

namespace ostiary::bench {
namespace {

constexpr int kRounds = 60;
constexpr double kMaxAddedMillis = 5;
// "No later": what two runs of the same command differ by.
constexpr double kMaxRatio = 1.05;
constexpr absl::string_view kPassThrough = "pass-through";

using Command = std::vector<std::string>;

double MillisToFirstLine(const Command& command, LinePeer::Greeting greeting) {
  const MonoTime start = Clock::System().Now();
  const LinePeer peer(command, greeting);
  return Nanoseconds(Clock::System().Now() - start) / 1e6;
}

void Measure(const std::string& name, const std::string& base, const Command& first,
             const Command& second) {
  const bool passes = base == kPassThrough;
  const auto greeting = passes ? LinePeer::Greeting::kInitialize : LinePeer::Greeting::kRefused;
  std::vector<double> theirs;
  std::vector<double> ours;
  std::vector<double> added;
  for (int round = 0; round < kRounds; ++round) {
    theirs.push_back(MillisToFirstLine(first, greeting));
    ours.push_back(MillisToFirstLine(second, greeting));
    added.push_back(ours.back() - theirs.back());
  }
  const double more = SpreadOf(added).median;
  const double ratio = SpreadOf(ours).median / SpreadOf(theirs).median;
  PrintRow({name, passes ? AtMost(more, kMaxAddedMillis, " ms more") : AtMost(ratio, kMaxRatio),
            absl::StrCat(Show(SpreadOf(ours)), " ms; added ", Show(SpreadOf(added)), " ms"),
            absl::StrCat(base, " ", Show(SpreadOf(theirs)), " ms"), Show(ratio)});
}

}  // namespace
}  // namespace ostiary::bench

int main(int argc, char** argv) {
  ostiary::bench::Command commands[2];
  int which = 0;
  for (int i = 3; i < argc; ++i) {
    if (which == 0 && std::string(argv[i]) == "@") {
      which = 1;
    } else {
      commands[which].emplace_back(argv[i]);
    }
  }
  if (commands[0].empty() || commands[1].empty()) {
    std::fprintf(stderr, "usage: start_bench NAME BASE COMMAND... @ COMMAND...\n");
    return 64;
  }
  ostiary::bench::Measure(argv[1], argv[2], commands[0], commands[1]);
}
