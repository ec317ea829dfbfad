// TestProcess: a program under test with pipes on its stdin, stdout and stderr. Every wait has a
// bound and none is a sleep. Kills the program when destroyed.
#ifndef OSTIARY_TESTS_SUPPORT_TEST_PROCESS_H_
#define OSTIARY_TESTS_SUPPORT_TEST_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/unique_fd.h"

namespace ostiary {

class TestProcess {
 public:
  static constexpr std::chrono::seconds kPatience{20};

  // `variables` ("NAME=value") are added to the environment.
  explicit TestProcess(const std::vector<std::string>& arguments,
                       const std::vector<std::string>& variables = {});
  ~TestProcess();
  TestProcess(const TestProcess&) = delete;
  TestProcess& operator=(const TestProcess&) = delete;

  pid_t pid() const { return pid_; }
  // The test's ends of its stdin and stdout.
  int input_fd() const { return input_.get(); }
  int output_fd() const { return output_.get(); }
  void WriteLine(absl::string_view line);
  void CloseInput() { input_.Reset(); }
  void CloseOutput() { output_.Reset(); }
  void Signal(int signal) const;

  // The next line of its output, without the LF; nothing at the end of it, or where the patience is
  // over.
  std::optional<std::string> ReadLine();
  // All the rest, to the end.
  std::string ReadRest();
  // What it wrote to stderr, once it ended.
  std::string Errors();

  // Its status, 128 + N for a signal; -1 where it does not end in time.
  int Wait();
  std::chrono::milliseconds TimeToEnd();

 private:
  bool FillBuffer();

  pid_t pid_ = -1;
  UniqueFd pidfd_;
  UniqueFd input_;
  UniqueFd output_;
  std::string errors_path_;
  std::string buffer_;
  std::optional<int> status_;
};

// A process that may not be a child, by its id: take it while the process lives.
class WatchedProcess {
 public:
  explicit WatchedProcess(pid_t pid);
  // Whether it ends while one is patient.
  bool Ends() const;
  bool Lives() const;

 private:
  UniqueFd pidfd_;
};

}  // namespace ostiary

#endif  // OSTIARY_TESTS_SUPPORT_TEST_PROCESS_H_
