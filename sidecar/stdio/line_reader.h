// LineReader: bytes in, lines out, without a copy and within a limit.
//
// A line ends at LF and nowhere else. Lines are views of the reader's buffer, so a line that is
// forwarded can be written from where it was read; the caller says, each time it wants room for
// more bytes, whether lines that it took are still in use. A line over the limit is reported once,
// at its end, by its first and last bytes; what stands between them is skipped without being kept.
// What stands behind the last LF is not a line.
//
//   absl::Span<char> room = reader.Room(TakenLines::kDone);
//   reader.Commit(read(fd, room.data(), room.size()));
//   while (std::optional<LineReader::Line> line = reader.Next()) …
//   … and at the end of the input, reader.NextAtEnd()
//
// Pure: no file descriptors. Owned by the event loop, one per direction; one thread.
#ifndef OSTIARY_SIDECAR_STDIO_LINE_READER_H_
#define OSTIARY_SIDECAR_STDIO_LINE_READER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace ostiary::sidecar {

// Of the lines that Next() returned so far.
enum class TakenLines : uint8_t {
  kDone,   // nobody looks at them any more: their memory may be used again
  kInUse,  // some of them are still to be written: leave them where they are
};

class LineReader {
 public:
  // Bytes that one Room() offers at most, and always with TakenLines::kDone.
  static constexpr size_t kRoomBytes = size_t{256} << 10;
  // Bytes of a line too long that are shown of either end: more than an id and the keys beside it
  // take.
  static constexpr size_t kShownBytes = 256;

  enum class LineKind : uint8_t {
    kWhole,    // `text` is a line, without its LF
    kTooLong,  // `text` is the beginning of a line that passed the limit, `tail` its end
  };
  struct Line {
    LineKind kind;
    absl::string_view text;  // of kTooLong, like `tail`, valid until the next call only
    absl::string_view tail;
  };

  // `max_line_bytes` counts without the LF. Address space for it is taken at once, memory as lines
  // need it.
  explicit LineReader(size_t max_line_bytes);

  // Where to put the bytes that come next. Empty only with kInUse, where going on would take more
  // memory than a side that does not read deserves: write first, and ask again.
  absl::Span<char> Room(TakenLines taken);
  // Whether Room(kInUse) would offer something.
  bool HasRoomBehind() const;
  // The first `size` bytes of the last Room() are there now.
  void Commit(size_t size);

  // The next line; nothing where more bytes are needed.
  std::optional<Line> Next();
  // Once Next() has nothing and no byte will come: the line too long that lacks its LF, once.
  std::optional<Line> NextAtEnd();

  // Bytes that came and were not returned as a line: at the end of the input, of no use. Of a line
  // too long, none are counted.
  size_t unfinished_bytes() const { return end_ - begin_; }
  // Whether `text` lies in the buffer, and whether a LF that came stands right behind it.
  bool Contains(absl::string_view text) const {
    const std::less_equal<> not_after;
    return not_after(buffer_.get(), text.data()) &&
           not_after(text.data() + text.size(), buffer_.get() + end_);
  }
  bool EndsWithNewline(absl::string_view text) const {
    return text.data() + text.size() != buffer_.get() + end_ && text.data()[text.size()] == '\n';
  }

 private:
  void Skip(absl::string_view bytes);
  Line TakeSkipped();
  void MoveTo(size_t place);
  void ReleaseMemory();

  const size_t max_line_bytes_;
  const size_t capacity_;
  const std::unique_ptr<char[]> buffer_;
  size_t begin_ = 0;       // of what was not returned yet
  size_t scanned_ = 0;     // no LF between begin_ and here
  size_t end_ = 0;         // of what came
  bool in_bulk_ = false;   // the last read took much
  size_t touched_ = 0;     // the highest end_ since memory was released
  bool skipping_ = false;  // inside a line too long, of which are kept:
  std::string head_;
  std::string tail_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_LINE_READER_H_
