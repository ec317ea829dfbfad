// Rig: a real sidecar with the test on both of its sides. The server that it starts lends its
// pipes to the test (lend_stdio.cc), so a test decides for each side when it reads and writes.
#ifndef OSTIARY_TESTS_E2E_PIPES_RIG_H_
#define OSTIARY_TESTS_E2E_PIPES_RIG_H_

#include <memory>
#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "tests/e2e/pipes/line_end.h"
#include "tests/support/test_process.h"

namespace ostiary {

// A folder of the test's own, with rules that let the agent `a` call all tools of the server `s`
// but `denied_*`.
class RulesFolder {
 public:
  RulesFolder();
  ~RulesFolder();
  RulesFolder(const RulesFolder&) = delete;
  RulesFolder& operator=(const RulesFolder&) = delete;

  std::string Path(absl::string_view name) const;
  // `ostiary-sidecar run …` before `command`; OSTIARY_TEST_SIDECAR may name another program.
  std::vector<std::string> Sidecar(const std::vector<std::string>& command,
                                   const std::vector<std::string>& flags = {}) const;

 private:
  std::string folder_;
};

class Rig {
 public:
  explicit Rig(const std::vector<std::string>& flags = {});

  TestProcess& sidecar() { return *sidecar_; }
  LineEnd& client() { return *client_; }
  LineEnd& server() { return *server_; }

  // A call in both directions; a failure of the test where it does not arrive.
  void Ping();

 private:
  void Borrow(int listener);

  RulesFolder folder_;
  std::unique_ptr<TestProcess> sidecar_;
  UniqueFd lender_;
  UniqueFd server_input_;
  UniqueFd server_output_;
  std::unique_ptr<LineEnd> client_;
  std::unique_ptr<LineEnd> server_;
};

}  // namespace ostiary

#endif  // OSTIARY_TESTS_E2E_PIPES_RIG_H_
