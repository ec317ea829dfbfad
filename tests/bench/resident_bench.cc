// resident_bench NAME LIMIT_MB COMMAND...: what memory a sidecar holds in a session, after 1,000
// calls whose decision was cached. LIMIT_MB is the target, 0 where there is none.
//
// Resident (RSS) counts pages of the program's file that others share, proportional (PSS) by how
// many have them, and anonymous is memory that is of no file. The process that guards the server is
// forked from the sidecar and counted beside it.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/bench/line_peer.h"
#include "tests/bench/measure.h"

namespace ostiary::bench {
namespace {

constexpr int kSessions = 7;
constexpr size_t kCalls = 1'000;

struct Memory {
  std::vector<double> rss;  // in MB of 10^6 bytes, a figure for each session
  std::vector<double> pss;
  std::vector<double> anonymous;  // not of a file
};

// The sum of the lines `key` of the process's smaps_rollup, in MB.
double Rollup(pid_t pid, const std::string& key) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/smaps_rollup"));
  std::string word;
  while (file >> word) {
    if (double kib; word == key && file >> kib) return kib * 1024 / 1e6;
  }
  std::fprintf(stderr, "resident_bench: no %s of process %d\n", key.c_str(), static_cast<int>(pid));
  std::exit(1);
}

void Add(pid_t pid, Memory* memory) {
  memory->rss.push_back(Rollup(pid, "Rss:"));
  memory->pss.push_back(Rollup(pid, "Pss:"));
  memory->anonymous.push_back(Rollup(pid, "Anonymous:"));
}

pid_t FirstChild(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/task/", pid, "/children"));
  pid_t child = -1;
  file >> child;
  return child;
}

void Measure(const std::string& name, double limit, const std::vector<std::string>& command) {
  Memory sidecar;
  Memory guard;
  for (int session = 0; session < kSessions; ++session) {
    LinePeer peer(command);
    for (size_t call = 0; call < kCalls; ++call) {
      peer.SendCalls("read_file", 1);
      peer.ReceiveAnswers();
    }
    Add(peer.pid(), &sidecar);
    Add(FirstChild(peer.pid()), &guard);
  }
  const double rss = SpreadOf(sidecar.rss).median;
  PrintRow({name, limit > 0 ? AtMost(rss, limit, " MB") : "",
            absl::StrCat(Show(SpreadOf(sidecar.rss)), " MB resident; proportional ",
                         Show(SpreadOf(sidecar.pss).median), ", anonymous ",
                         Show(SpreadOf(sidecar.anonymous).median)),
            absl::StrCat("its guard ", Show(SpreadOf(guard.rss).median), " MB, anonymous ",
                         Show(SpreadOf(guard.anonymous).median)),
            ""});
}

}  // namespace
}  // namespace ostiary::bench

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: resident_bench NAME LIMIT_MB COMMAND...\n");
    return 64;
  }
  ostiary::bench::Measure(argv[1], std::atof(argv[2]),
                          std::vector<std::string>(argv + 3, argv + argc));
}
