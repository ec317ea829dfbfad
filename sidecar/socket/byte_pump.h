// BytePump: copies bytes from one descriptor to another, and looks at none of them.
//
// It holds one buffer: while something in it is still to be written, nothing is read, so who does
// not read holds up who writes, as a pipe between the two would. The end of the input closes the
// output once all is written; an output that breaks is told, so that the input can be closed.
//
// Owned by ConnectLoop, one per direction; one thread. Borrows the input.
#ifndef OSTIARY_SIDECAR_SOCKET_BYTE_PUMP_H_
#define OSTIARY_SIDECAR_SOCKET_BYTE_PUMP_H_

#include <poll.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "sidecar/stdio/output_fd.h"
#include "sidecar/stdio/pipe_room.h"

namespace ostiary::sidecar {

class BytePump {
 public:
  BytePump(int input, OutputFd output);

  void Watch(pollfd* input, pollfd* output) const;
  // Copies what is there, after poll(2) filled both.
  void OnReady(const pollfd& input, const pollfd& output);

  // Reads no more; what was read is still written.
  void StopReading();

  // All was read that ever will be.
  bool input_ended() const { return input_ < 0; }
  // The other side of the input closed it, though not all may be read.
  bool input_closed() const { return input_ended() || closed_; }
  // Nobody will ever read what is written.
  bool output_broken() const { return broken_; }
  // Nothing is left to do.
  bool done() const { return broken_ || (input_ended() && empty()); }
  bool empty() const { return begin_ == end_; }
  // Counts up with every byte written.
  uint64_t written_bytes() const { return written_bytes_; }

 private:
  void Read();
  void Write();

  int input_;
  PipeRoom input_room_;
  OutputFd output_;
  std::unique_ptr<char[]> buffer_;
  // What is still to be written.
  size_t begin_ = 0;
  size_t end_ = 0;
  bool closed_ = false;
  bool broken_ = false;
  uint64_t written_bytes_ = 0;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_SOCKET_BYTE_PUMP_H_
