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
  // What it is sent first, and answers before the constructor returns.
  enum class Greeting : uint8_t {
    kInitialize,  // MCP's handshake
    kRefused,     // a method that no decision lets pass: the sidecar refuses it by itself
  };

  // Starts the command and greets it.
  explicit LinePeer(const std::vector<std::string>& command,
                    Greeting greeting = Greeting::kInitialize);
  // Closes its input and waits for its end.
  ~LinePeer();
  LinePeer(const LinePeer&) = delete;
  LinePeer& operator=(const LinePeer&) = delete;

  pid_t pid() const { return pid_; }

  // Sends calls of the tool, lines of 300 bytes, in one write.
  void SendCalls(absl::string_view tool, size_t count);
  // Sends one call that is a line of `bytes`, many more than 300.
  void SendLongCall(absl::string_view tool, size_t bytes);
  // Asks for the list of tools.
  void SendList();
  // Waits for answers and returns how many have come.
  size_t ReceiveAnswers();

 private:
  void Greet(Greeting greeting);
  void Write(absl::string_view bytes);
  std::string ReceiveLine();
  static void Check(absl::string_view line);

  pid_t pid_ = -1;
  UniqueFd to_peer_;
  UniqueFd from_peer_;
  uint64_t last_id_ = 0;
  std::string partial_;  // of a line
  size_t searched_ = 0;  // no end of a line in so much of it
};

}  // namespace ostiary::bench

#endif  // OSTIARY_TESTS_BENCH_LINE_PEER_H_
