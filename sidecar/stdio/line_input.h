// LineInput: one side's bytes, from its descriptor to lines.
//
// Owns the reader and knows how the descriptor stands: whether lines are left, whether there was
// nothing to read, whether the other side closed it. That last thing is also seen while nothing is
// read from it, since a side that is gone must not go unnoticed behind a queue that is full.
//
// Owned by the event loop, one per direction; one thread. Borrows the descriptor.
#ifndef OSTIARY_SIDECAR_STDIO_LINE_INPUT_H_
#define OSTIARY_SIDECAR_STDIO_LINE_INPUT_H_

#include <poll.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sidecar/stdio/line_reader.h"
#include "sidecar/stdio/pipe_room.h"

namespace ostiary::sidecar {

class LineInput {
 public:
  // What to wake for.
  enum class Interest : uint8_t {
    kLines,
    kClosing,  // only that the other side closes it
    kNothing,
  };
  enum class ReadResult : uint8_t { kNothing, kBytes, kEnd };

  explicit LineInput(size_t max_line_bytes) : reader_(max_line_bytes) {}

  void Open(int fd) { fd_ = fd; }

  // The next line that came; valid as LineReader says.
  std::optional<LineReader::Line> Next() {
    std::optional<LineReader::Line> line = reader_.Next();
    has_lines_ = line.has_value();
    return line;
  }
  // Whether Next() may have something.
  bool has_lines() const { return has_lines_; }
  const LineReader& reader() const { return reader_; }

  void Watch(Interest interest, TakenLines taken, pollfd* slot) const;
  // Reads what is there, after poll(2) filled `slot`. kEnd comes once: then take the unfinished
  // line.
  ReadResult OnReady(const pollfd& slot, TakenLines taken);
  std::optional<LineReader::Line> TakeUnfinished() { return reader_.NextAtEnd(); }

  // Read to the end.
  bool ended() const { return ended_; }
  // The other side closed it, though not all that it wrote may be read.
  bool closed() const { return ended_ || closed_; }
  // There was nothing to read when asked last.
  bool idle() const { return idle_; }

 private:
  ReadResult Read(TakenLines taken);

  LineReader reader_;
  PipeRoom room_;
  int fd_ = -1;
  bool ended_ = false;
  bool closed_ = false;
  bool idle_ = false;
  bool has_lines_ = false;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_LINE_INPUT_H_
