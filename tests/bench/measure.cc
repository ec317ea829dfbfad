#include "tests/bench/measure.h"

#include <malloc.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/mutex.h"

namespace ostiary::bench {
namespace {

std::string Promise(absl::string_view relation, double limit, absl::string_view unit, bool kept) {
  return absl::StrCat(relation, Show(limit), unit, kept ? ": met" : ": **missed**");
}

}  // namespace

Spread SpreadOf(std::vector<double> runs) {
  std::sort(runs.begin(), runs.end());
  return {runs[runs.size() / 2], runs.front(), runs.back()};
}

double Percentile(std::vector<double>* samples, double part) {
  std::sort(samples->begin(), samples->end());
  const auto index = static_cast<size_t>(part * static_cast<double>(samples->size()));
  return (*samples)[std::min(index, samples->size() - 1)];
}

double Nanoseconds(MonoDuration span) {
  return std::chrono::duration<double, std::nano>(span).count();
}

void WaitFor(MonoDuration span) {
  Mutex mutex;
  CondVar never;
  const MutexLock lock(&mutex);
  const MonoTime end = Clock::System().Now() + span;
  while (Clock::System().Now() < end) never.WaitUntil(&mutex, end);
}

double ThreadCpuNanoseconds() {
  timespec used = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
}

double CpuSeconds(pid_t pid) {
  clockid_t clock;
  timespec used;
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) {
    std::fprintf(stderr, "no process %d whose CPU time could be read\n", static_cast<int>(pid));
    std::exit(1);
  }
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

std::string Show(double value) {
  const double size = std::abs(value);
  const int digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return absl::StrFormat("%.*f", digits, value);
}

double ResidentBytes() {
  malloc_trim(0);
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

std::string Show(const Spread& spread) {
  return absl::StrCat(Show(spread.median), " (", Show(spread.least), "-", Show(spread.most), ")");
}

std::string AtMost(double measured, double limit, absl::string_view unit) {
  return Promise("≤ ", limit, unit, measured <= limit);
}

std::string AtLeast(double measured, double limit, absl::string_view unit) {
  return Promise("≥ ", limit, unit, measured >= limit);
}

void PrintRow(const Row& row) {
  const std::string line = absl::StrCat("| ", row.what, " | ", row.target, " | ", row.measured,
                                        " | ", row.against, " | ", row.ratio, " |");
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

}  // namespace ostiary::bench
