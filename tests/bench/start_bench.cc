// start_bench [--no-target] NAME BASE COMMAND... @ COMMAND...: how long it takes to start, side by
// side.
//
// Each command is started with an `initialize` in its stdin, as a client would, and the time until
// the first line of its stdout is taken: the server runs then, and the line has passed both ways.
// The two are started in turns, and each first in every other round. With BASE "pass-through", the
// second may take 5 ms more than the first. With any other BASE, the line is one that the sidecar
// refuses by itself, since no decision lets it pass, and the second may not come later than the
// first. With "--no-target" before NAME, nothing is promised.
#include <algorithm>
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
// "No later": the median of so many rounds differs by less between a command and itself.
constexpr int kRoundsNoLater = 400;
constexpr double kNoLaterMillis = 0.1;
constexpr absl::string_view kPassThrough = "pass-through";

using Command = std::vector<std::string>;
enum class Promise { kNone, kTarget };

double MillisToFirstLine(const Command& command, LinePeer::Greeting greeting) {
  const MonoTime start = Clock::System().Now();
  const LinePeer peer(command, greeting);
  return Nanoseconds(Clock::System().Now() - start) / 1e6;
}

void Measure(const std::string& name, const std::string& base, Promise promise,
             const Command& first, const Command& second) {
  const bool passes = base == kPassThrough;
  const auto greeting = passes ? LinePeer::Greeting::kInitialize : LinePeer::Greeting::kRefused;
  std::vector<double> theirs;
  std::vector<double> ours;
  std::vector<double> added;
  for (int round = 0; round < (passes ? kRounds : kRoundsNoLater); ++round) {
    const bool ours_first = round % 2 != 0;
    if (ours_first) ours.push_back(MillisToFirstLine(second, greeting));
    theirs.push_back(MillisToFirstLine(first, greeting));
    if (!ours_first) ours.push_back(MillisToFirstLine(second, greeting));
    added.push_back(ours.back() - theirs.back());
  }
  const double more = SpreadOf(added).median;
  const double limit = passes ? kMaxAddedMillis : kNoLaterMillis;
  PrintRow({name, promise == Promise::kTarget ? AtMost(more, limit, " ms more") : "",
            absl::StrCat(Show(SpreadOf(ours)), " ms; added ", Show(SpreadOf(added)), " ms"),
            absl::StrCat(base, " ", Show(SpreadOf(theirs)), " ms"),
            Show(SpreadOf(ours).median / SpreadOf(theirs).median)});
}

}  // namespace
}  // namespace ostiary::bench

int main(int argc, char** argv) {
  using ostiary::bench::Promise;
  std::vector<std::string> args(argv + 1, argv + argc);
  const bool promised = args.empty() || args[0] != "--no-target";
  if (!promised) args.erase(args.begin());
  const auto at = std::find(args.begin(), args.end(), "@");
  if (at - args.begin() < 3 || args.end() - at < 2) {
    std::fprintf(stderr, "usage: start_bench [--no-target] NAME BASE COMMAND... @ COMMAND...\n");
    return 64;
  }
  ostiary::bench::Measure(args[0], args[1], promised ? Promise::kTarget : Promise::kNone,
                          {args.begin() + 2, at}, {at + 1, args.end()});
}
