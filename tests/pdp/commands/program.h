// The real ostiary-pdp, run as a process. A call that fails fails the test.
#ifndef OSTIARY_TESTS_PDP_COMMANDS_PROGRAM_H_
#define OSTIARY_TESTS_PDP_COMMANDS_PROGRAM_H_

#include <string>
#include <vector>

#include "common/unique_fd.h"

namespace ostiary::pdp {

struct Invocation {
  std::vector<std::string> arguments;
  std::vector<std::string> environment;  // as it stands, so NAME=value; nothing else is set
  std::string input;                     // stdin; at most what a pipe holds
};

struct Outcome {
  int exit_status = -1;  // 128+N for a signal
  std::string out;
  std::string err;
};

// Runs it to its end.
Outcome RunProgram(const Invocation& invocation);

// `serve`, until the object goes.
class ServingProgram {
 public:
  // Returns once `addresses` lines said "listening", or when the program ended.
  ServingProgram(const Invocation& invocation, int addresses);
  ~ServingProgram();
  ServingProgram(const ServingProgram&) = delete;
  ServingProgram& operator=(const ServingProgram&) = delete;

  // As the log named them.
  const std::vector<std::string>& addresses() const { return addresses_; }
  const std::string& log() const { return log_; }
  int pid() const { return pid_; }
  void Signal(int signal);
  // Reads the log until it has `text`; false where it ended before.
  bool WaitForLog(const std::string& text);
  // Waits for its end.
  int ExitStatus();

 private:
  bool ReadLog();

  int pid_ = -1;
  UniqueFd err_;
  std::string log_;
  std::vector<std::string> addresses_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_TESTS_PDP_COMMANDS_PROGRAM_H_
