// instructions [PATH]: goes through one hot path under `valgrind --tool=callgrind`; without PATH,
// prints the names of all, each with its number of calls. instructions.py runs it.
//
// It dumps the counts twice: of so many calls, and of twice as many. Their difference has neither
// beginnings nor ends in it, only calls.
#include <valgrind/callgrind.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "tests/bench/instructions/counted.h"

namespace ostiary::bench {

void Fail(const char* why) {
  std::fprintf(stderr, "instructions: %s\n", why);
  std::exit(1);
}

namespace {

void Run(const Path& path) {
  path.run(path.calls);  // what happens but once in a process: symbols bound, memory first taken
  CALLGRIND_ZERO_STATS;
  path.run(path.calls);
  CALLGRIND_DUMP_STATS;
  path.run(2 * path.calls);
  CALLGRIND_DUMP_STATS;
}

int Main(const char* name) {
  std::vector<Path> paths = SidecarPaths();
  for (const Path& path : PolicyPaths()) paths.push_back(path);
  for (const Path& path : paths) {
    if (name == nullptr) {
      std::printf("%s %d\n", path.name, path.calls);
    } else if (std::strcmp(name, path.name) == 0) {
      Run(path);
      return 0;
    }
  }
  if (name != nullptr) Fail("no such path");
  return 0;
}

}  // namespace
}  // namespace ostiary::bench

int main(int argc, char** argv) { return ostiary::bench::Main(argc > 1 ? argv[1] : nullptr); }
