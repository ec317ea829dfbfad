// A hot path whose instructions are counted, and what marks the part of it that counts.
#ifndef OSTIARY_TESTS_BENCH_INSTRUCTIONS_COUNTED_H_
#define OSTIARY_TESTS_BENCH_INSTRUCTIONS_COUNTED_H_

#include <valgrind/callgrind.h>

#include <vector>

namespace ostiary::bench {

struct Path {
  const char* name;
  // How many calls of the path make a figure that the luck of addresses (hash seeds) hardly moves.
  int calls;
  // Makes what the path needs, warms it up, and goes through it `calls` times under a Counted. Ends
  // the program with Fail where what comes out is not what must come out.
  void (*run)(int calls);
};

std::vector<Path> PolicyPaths();
std::vector<Path> SidecarPaths();

// While there is one, what this thread does counts. At most one at a time.
class Counted {
 public:
  Counted() { CALLGRIND_TOGGLE_COLLECT; }
  ~Counted() { CALLGRIND_TOGGLE_COLLECT; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
};

// Says why on stderr, and ends the program with status 1.
[[noreturn]] void Fail(const char* why);

}  // namespace ostiary::bench

#endif  // OSTIARY_TESTS_BENCH_INSTRUCTIONS_COUNTED_H_
