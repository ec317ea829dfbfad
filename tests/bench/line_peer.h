// LinePeer: a program that speaks MCP on its stdio, and the client's end of its pipes.
//
// One thread. Ends the program where the peer ends or answers an error, since a figure of it would
// mean nothing.
#ifndef OSTIARY_TESTS_BENCH_LINE_PEER_H_
#define OSTIARY_TESTS_BENCH_LINE_PEER_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/unique_fd.h"

namespace ostiary::bench {

class LinePeer {
 public:
  // Starts the command and does MCP's handshake with it.
  explicit LinePeer(const std::vector<std::string>& command);
  // Closes its input and waits for its end.
  ~LinePeer();
  LinePeer(const LinePeer&) = delete;
  LinePeer& operator=(const LinePeer&) = delete;

  // Sends calls of the tool, in one write.
  void SendCalls(absl::string_view tool, size_t count);
  // Waits for answers and returns how many have come.
  size_t ReceiveAnswers();

 private:
  void Write(absl::string_view bytes);

  pid_t pid_ = -1;
  UniqueFd to_peer_;
  UniqueFd from_peer_;
  uint64_t last_id_ = 0;
  std::string partial_;  // of a line
};

}  // namespace ostiary::bench

#endif  // OSTIARY_TESTS_BENCH_LINE_PEER_H_
