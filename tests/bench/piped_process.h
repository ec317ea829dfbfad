// A process whose stdin and stdout are pipes, seen from their other ends.
#ifndef OSTIARY_TESTS_BENCH_PIPED_PROCESS_H_
#define OSTIARY_TESTS_BENCH_PIPED_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/unique_fd.h"

namespace ostiary::bench {

// The caller closes the pipes and waits for the process.
struct PipedProcess {
  pid_t pid = -1;
  UniqueFd input;   // what it reads
  UniqueFd output;  // what it writes
};

// Starts the command. Ends the program where that fails. Thread-safe.
PipedProcess StartPiped(const std::vector<std::string>& command);

}  // namespace ostiary::bench

#endif  // OSTIARY_TESTS_BENCH_PIPED_PROCESS_H_
