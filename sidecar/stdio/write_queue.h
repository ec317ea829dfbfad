// WriteQueue: what is still to be written to one side, in order.
//
// A line that lies in the reader's buffer is only pointed at, and neighbours there become one
// piece: a batch of lines that all pass is one write(2) of the bytes as they were read. Anything
// else (answers made up here, messages that had to wait) is copied. Nothing is written before
// Flush, and Flush writes everything that the other side takes.
//
// Owned by the event loop, one per direction; one thread.
#ifndef OSTIARY_SIDECAR_STDIO_WRITE_QUEUE_H_
#define OSTIARY_SIDECAR_STDIO_WRITE_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sidecar/stdio/output_fd.h"

namespace ostiary::sidecar {

enum class FlushResult : uint8_t {
  kEmpty,    // everything is written
  kBlocked,  // the other side takes no more for now
  kBroken,   // nobody will ever read it
};

class WriteQueue {
 public:
  // `bytes` must stay where they are until borrows() is false again.
  void AppendBorrowed(absl::string_view bytes);
  void AppendCopy(absl::string_view bytes);

  // A write that fails for good empties the queue.
  FlushResult Flush(const OutputFd& output);
  void Clear();

  size_t pending_bytes() const { return pending_bytes_; }
  bool empty() const { return pending_bytes_ == 0; }
  // Whether bytes that are not the queue's own are still to be written.
  bool borrows() const { return borrowed_bytes_ > 0; }
  // Counts up with every byte written: tells a slow reader from a stuck one.
  uint64_t written_bytes() const { return written_bytes_; }

 private:
  // The next `size` bytes: at `borrowed`, or where that is nullptr the next ones of copies_.
  struct Piece {
    const char* borrowed;
    size_t size;
  };
  int Gather(struct iovec* vectors, int max, size_t* total) const;
  void Advance(size_t size);

  std::vector<Piece> pieces_;
  size_t first_piece_ = 0;
  std::string copies_;
  size_t copies_begin_ = 0;
  size_t pending_bytes_ = 0;
  size_t borrowed_bytes_ = 0;
  uint64_t written_bytes_ = 0;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_WRITE_QUEUE_H_
