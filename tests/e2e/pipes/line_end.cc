#include "tests/e2e/pipes/line_end.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "tests/support/test_process.h"

namespace ostiary {
namespace {

constexpr std::chrono::milliseconds kPatience = TestProcess::kPatience;

bool Ready(int fd, short events, std::chrono::milliseconds patience) {
  pollfd slot = {fd, events, 0};
  int count;
  do {
    count = ::poll(&slot, 1, static_cast<int>(patience.count()));
  } while (count < 0 && errno == EINTR);
  return count == 1;
}

}  // namespace

size_t LineEnd::WriteUntilBlocked(absl::string_view bytes, std::chrono::milliseconds quiet) const {
  // Both pipes are the test's own at this end.
  ::fcntl(write_fd_, F_SETFL, ::fcntl(write_fd_, F_GETFL) | O_NONBLOCK);
  size_t total = 0;
  while (total < bytes.size() && Ready(write_fd_, POLLOUT, quiet)) {
    const ssize_t size = ::write(write_fd_, bytes.data() + total, bytes.size() - total);
    if (size > 0) {
      total += static_cast<size_t>(size);
    } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
      break;
    }
  }
  return total;
}

bool LineEnd::Write(absl::string_view bytes) const {
  return WriteUntilBlocked(bytes, kPatience) == bytes.size();
}

bool LineEnd::Fill() {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  if (!Ready(read_fd_, POLLIN, kPatience)) return false;
  const size_t end = buffer_.size();
  buffer_.resize(end + step_);
  const ssize_t size = ::read(read_fd_, buffer_.data() + end, step_);
  buffer_.resize(end + static_cast<size_t>(std::max<ssize_t>(size, 0)));
  return size > 0;
}

std::optional<absl::string_view> LineEnd::ReadLine() {
  size_t searched = begin_;
  size_t end;
  while ((end = buffer_.find('\n', searched)) == std::string::npos) {
    searched = buffer_.size() - begin_;
    if (!Fill()) return std::nullopt;
  }
  const absl::string_view line = absl::string_view(buffer_).substr(begin_, end - begin_);
  begin_ = end + 1;
  return line;
}

}  // namespace ostiary
