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

// Lets so much time go by.
void WaitFor(MonoDuration span);

// The CPU time that the calling thread has used, in nanoseconds: what other processes take of a
// shared core does not count.
double ThreadCpuNanoseconds();

// The CPU time, in seconds, that all threads of a process have used. Ends the program where there
// is no such process.
double CpuSeconds(pid_t pid);

// What this process has in memory, once what it freed is given back.
double ResidentBytes();

// "12.3 (11.9-13.0)" with as many digits as tell something.
std::string Show(const Spread& spread);
std::string Show(double value);

// What is promised of a figure, and whether this run kept it: "≤ 1.10: met", "≥ 0.90: **missed**".
// `unit` follows the limit, such as " MB".
std::string AtMost(double measured, double limit, absl::string_view unit = "");
std::string AtLeast(double measured, double limit, absl::string_view unit = "");

// One row of the table. Empty where there is no such thing.
struct Row {
  std::string what;
  std::string target;    // AtMost or AtLeast of `ratio`, or of the figure itself
  std::string measured;  // with its spread
  std::string against;   // what it is held against, measured in the same run, in turns
  std::string ratio;     // the first divided by the second
};

void PrintRow(const Row& row);

}  // namespace ostiary::bench

#endif  // OSTIARY_TESTS_BENCH_MEASURE_H_
