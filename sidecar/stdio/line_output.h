// LineOutput: one side's lines, from the enforcer to its descriptor.
//
// Owns the queue and the descriptor, and counts what backpressure is about: how much is owed to the
// side, and how much of that is not the other side's but made up here.
//
// Owned by the event loop, one per direction; one thread.
#ifndef OSTIARY_SIDECAR_STDIO_LINE_OUTPUT_H_
#define OSTIARY_SIDECAR_STDIO_LINE_OUTPUT_H_

#include <poll.h>

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "sidecar/stdio/line_reader.h"
#include "sidecar/stdio/output_fd.h"
#include "sidecar/stdio/write_queue.h"

namespace ostiary::sidecar {

enum class LineOrigin : uint8_t {
  kForwarded,  // the other side wrote it
  kMadeUp,     // an answer that the side itself gave rise to
};

class LineOutput {
 public:
  LineOutput() = default;
  explicit LineOutput(OutputFd fd) : fd_(std::move(fd)) {}

  // Puts a line into the queue, without a copy where it lies in `reader`.
  void Append(absl::string_view line, const LineReader& reader, LineOrigin origin);
  // kBroken closes it.
  FlushResult Flush();
  // Drops what is owed.
  void Close();

  // Wakes for room while something is owed, and for its breaking always.
  void Watch(pollfd* slot) const;

  bool open() const { return fd_.open(); }
  bool empty() const { return queue_.empty(); }
  size_t owed_bytes() const { return queue_.pending_bytes(); }
  // Of what was appended since nothing was owed last.
  size_t made_up_bytes() const { return made_up_bytes_; }
  uint64_t written_bytes() const { return queue_.written_bytes(); }
  // Whether lines of the reader are still to be written.
  TakenLines taken() const { return queue_.borrows() ? TakenLines::kInUse : TakenLines::kDone; }

 private:
  OutputFd fd_;
  WriteQueue queue_;
  size_t made_up_bytes_ = 0;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_LINE_OUTPUT_H_
