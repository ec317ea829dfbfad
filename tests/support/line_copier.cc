#include "tests/support/line_copier.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

namespace ostiary {
namespace {

constexpr size_t kReadBytes = size_t{256} << 10;  // as the sidecar reads
constexpr int kPipeBytes = 256 << 10;             // as the sidecar's pipes that were full

// To copy a page to 1 to 15 bytes behind such a boundary takes three times as long on some
// machines, so reads go to one wherever that is to be had.
constexpr size_t kAlignment = 64;

class Direction {
 public:
  Direction(int from, int to, LineCheck check) : from_(from), to_(to), check_(check) {}

  // False at the end of the input, where nobody reads, and where a line may not pass.
  bool Copy() {
    if (capacity_ - end_ < kReadBytes) Grow();
    const ssize_t size = ::read(from_, buffer_.get() + end_, kReadBytes);
    if (size < 0) return errno == EINTR;
    if (size == 0) {
      Write(end_);
      return false;
    }
    const char* const came = buffer_.get() + end_;
    end_ += static_cast<size_t>(size);
    const void* const last = ::memrchr(came, '\n', static_cast<size_t>(size));
    if (last == nullptr) return true;
    const char* const lines_end = static_cast<const char*>(last) + 1;
    if (check_ != nullptr && !Check(came, lines_end)) return false;
    if (!Write(static_cast<size_t>(lines_end - buffer_.get()))) return false;
    KeepRest();
    return true;
  }

 private:
  // Of the lines up to `lines_end`, the first has its LF at `came` or behind.
  bool Check(const char* came, const char* lines_end) const {
    const char* line = buffer_.get() + begin_;
    while (line != lines_end) {
      const auto left = static_cast<size_t>(lines_end - came);
      const char* const line_end = static_cast<const char*>(std::memchr(came, '\n', left));
      if (!check_(line, static_cast<size_t>(line_end - line))) return false;
      line = came = line_end + 1;
    }
    return true;
  }

  bool Write(size_t end) {
    while (begin_ < end) {
      const ssize_t written = ::write(to_, buffer_.get() + begin_, end - begin_);
      if (written < 0 && errno != EINTR) return false;
      if (written > 0) begin_ += static_cast<size_t>(written);
    }
    return true;
  }

  // Moves the line that is begun to the front.
  void KeepRest() {
    const size_t rest = end_ - begin_;
    const size_t place = -reinterpret_cast<uintptr_t>(buffer_.get() + rest) % kAlignment;
    std::memmove(buffer_.get() + place, buffer_.get() + begin_, rest);
    begin_ = place;
    end_ = place + rest;
  }

  void Grow() {
    const size_t larger = 2 * capacity_;
    std::unique_ptr<char[]> buffer(new char[larger]);
    std::memcpy(buffer.get() + begin_, buffer_.get() + begin_, end_ - begin_);
    buffer_ = std::move(buffer);
    capacity_ = larger;
  }

  const int from_;
  const int to_;
  const LineCheck check_;
  size_t capacity_ = 2 * kReadBytes;
  std::unique_ptr<char[]> buffer_{new char[capacity_]};
  size_t begin_ = 0;  // of what was not written yet
  size_t end_ = 0;    // of what came
};

}  // namespace

int CopyLines(char** command, LineCheck check) {
  int to_server[2];
  int from_server[2];
  if (::pipe2(to_server, O_CLOEXEC) != 0 || ::pipe2(from_server, O_CLOEXEC) != 0) return 127;
  for (const int pipe : {STDIN_FILENO, STDOUT_FILENO, to_server[1], from_server[0]}) {
    ::fcntl(pipe, F_SETPIPE_SZ, kPipeBytes);
  }
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(to_server[0], STDIN_FILENO);
    ::dup2(from_server[1], STDOUT_FILENO);
    ::execvp(command[0], command);
    ::_exit(127);
  }
  ::close(to_server[0]);
  ::close(from_server[1]);
  Direction to(STDIN_FILENO, to_server[1], check);
  Direction from(from_server[0], STDOUT_FILENO, check);
  pollfd slots[] = {{STDIN_FILENO, POLLIN, 0}, {from_server[0], POLLIN, 0}};
  while (slots[1].fd >= 0 && (::poll(slots, 2, -1) >= 0 || errno == EINTR)) {
    if (slots[0].fd >= 0 && slots[0].revents != 0 && !to.Copy()) {
      slots[0].fd = -1;
      ::close(to_server[1]);
    }
    if (slots[1].revents != 0 && !from.Copy()) slots[1].fd = -1;
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace ostiary
