// LoopRig: an EventLoop between a client and a server that go through the same call again and
// again, one at a time. For tests and benchmarks of what a call costs: once the rig is made, its
// own part takes no lock and allocates nothing.
//
// Run and Play go on at once, on two threads or in two processes (fork between the construction and
// both of them).
#ifndef OSTIARY_TESTS_SIDECAR_STDIO_LOOP_RIG_H_
#define OSTIARY_TESTS_SIDECAR_STDIO_LOOP_RIG_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "common/log.h"
#include "common/unique_fd.h"
#include "sidecar/stdio/inbox.h"
#include "tests/sidecar/stdio/loop_ports.h"

namespace ostiary::sidecar {

class LoopRig {
 public:
  // Lines without their ends. `answer` is the server's; where it is empty the call is denied (its
  // tool is "forbidden"), and goes back by itself.
  LoopRig(absl::string_view call, absl::string_view answer);

  // The loop's part: works until the peers have hung up, and returns what EventLoop::Run does.
  int Run();

  // The peers' part, `times` round trips: false where something else came than had to.
  bool Play(int times) const;
  // Once no more is to be played. A process that only runs the loop calls it before Run.
  void HangUp();

 private:
  bool RoundTrip() const;

  const std::string call_;  // with their line ends
  const std::string answer_;
  const Log log_;
  Ends client_to_loop_ = MakePipe();
  Ends loop_to_client_ = MakePipe();
  Ends loop_to_server_ = MakePipe();
  Ends server_to_loop_ = MakePipe();
  const std::unique_ptr<Inbox> inbox_;
  ScriptedSource source_;
  PipeServer process_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_TESTS_SIDECAR_STDIO_LOOP_RIG_H_
