// LineEnd: one end of two pipes, for lines: to read from one and to write to the other. Every wait
// has a bound. Does not own the descriptors. One thread may read while another writes.
#ifndef OSTIARY_TESTS_E2E_PIPES_LINE_END_H_
#define OSTIARY_TESTS_E2E_PIPES_LINE_END_H_

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace ostiary {

class LineEnd {
 public:
  LineEnd(int read_fd, int write_fd) : read_fd_(read_fd), write_fd_(write_fd) {}

  // Writes all of it; false where the other side takes nothing for the time that one is patient.
  bool Write(absl::string_view bytes) const;
  // Writes what is taken until nothing is for `quiet`. Returns the bytes taken.
  size_t WriteUntilBlocked(absl::string_view bytes, std::chrono::milliseconds quiet) const;

  // The next line without its LF, valid until the next call; nothing at the end, or where nothing
  // comes while one is patient.
  std::optional<absl::string_view> ReadLine();
  // Makes it a slow reader: no read takes more bytes than this.
  void ReadInStepsOf(size_t bytes) { step_ = bytes; }

 private:
  static constexpr size_t kStep = size_t{1} << 18;

  bool Fill();

  const int read_fd_;
  const int write_fd_;
  size_t step_ = kStep;
  std::string buffer_;
  size_t begin_ = 0;
};

}  // namespace ostiary

#endif  // OSTIARY_TESTS_E2E_PIPES_LINE_END_H_
