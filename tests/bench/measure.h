// What the benchmarks share: several runs of a thing, their spread, and rows of the one table.
#ifndef OSTIARY_TESTS_BENCH_MEASURE_H_
#define OSTIARY_TESTS_BENCH_MEASURE_H_

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/clock.h"

namespace ostiary::bench {

// The middle of several runs, and the least and the most of them.
struct Spread {
  double median = 0;
  double least = 0;
  double most = 0;
};

// `runs` must not be empty.
Spread SpreadOf(std::vector<double> runs);

// The value below which `part` (0 to 1) of the samples lie. Sorts them; they must not be empty.
double Percentile(std::vector<double>* samples, double part);

double Nanoseconds(MonoDuration span);

// The CPU time that the calling thread has used, in nanoseconds: what other processes take of a
// shared core does not count.
double ThreadCpuNanoseconds();

// The CPU time, in seconds, that all threads of a process have used. Ends the program where there
// is no such process.
double CpuSeconds(pid_t pid);

// "12.3 (11.9-13.0)" with as many digits as tell something.
std::string Show(const Spread& spread);
std::string Show(double value);

// Prints a row of the table: what was measured, the figure, the figure of what it is held against
// in the same run, and the first divided by the second (both empty where there is nothing to hold
// it against).
void PrintRow(absl::string_view what, absl::string_view measured, absl::string_view against = "",
              absl::string_view ratio = "");

}  // namespace ostiary::bench

#endif  // OSTIARY_TESTS_BENCH_MEASURE_H_
