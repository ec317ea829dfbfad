// scanning_pass_through COMMAND [ARG...]: as tests/support/pass_through, but it finds the lines,
// validates each as JSON with the scanner that the sidecar has, and writes whole lines. It decides
// nothing: the least that can stand where the sidecar stands. Ends where a line is not JSON.
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "common/json/json_document.h"

namespace ostiary::bench {
namespace {

constexpr size_t kBufferBytes = size_t{4} << 20;  // of one line, and what was read with its end
constexpr size_t kReadBytes = size_t{256} << 10;
constexpr int kPipeBytes = 256 << 10;

class Direction {
 public:
  Direction(int from, int to) : from_(from), to_(to) {}

  // False at the end of the input, where nobody reads, and where a line is not JSON.
  bool Copy() {
    if (kBufferBytes - size_ < kReadBytes) return false;
    const ssize_t size = ::read(from_, buffer_.get() + size_, kReadBytes);
    if (size <= 0) return size < 0 && errno == EINTR;
    const char* unsearched = buffer_.get() + size_;
    size_ += static_cast<size_t>(size);
    const char* const end = buffer_.get() + size_;
    const char* line = buffer_.get();
    while (const void* found =
               std::memchr(unsearched, '\n', static_cast<size_t>(end - unsearched))) {
      const char* const line_end = static_cast<const char*>(found);
      if (!document_.Parse(absl::string_view(line, static_cast<size_t>(line_end - line)))) {
        return false;
      }
      line = unsearched = line_end + 1;
    }
    return Write(static_cast<size_t>(line - buffer_.get()));
  }

 private:
  bool Write(size_t whole_lines) {
    for (size_t done = 0; done < whole_lines;) {
      const ssize_t written = ::write(to_, buffer_.get() + done, whole_lines - done);
      if (written < 0 && errno != EINTR) return false;
      if (written > 0) done += static_cast<size_t>(written);
    }
    size_ -= whole_lines;
    if (whole_lines > 0) std::memmove(buffer_.get(), buffer_.get() + whole_lines, size_);
    return true;
  }

  const int from_;
  const int to_;
  const std::unique_ptr<char[]> buffer_{new char[kBufferBytes]};
  size_t size_ = 0;
  JsonDocument document_;
};

int Run(char** command) {
  int to_server[2];
  int from_server[2];
  if (::pipe2(to_server, O_CLOEXEC) != 0 || ::pipe2(from_server, O_CLOEXEC) != 0) return 1;
  ::fcntl(to_server[1], F_SETPIPE_SZ, kPipeBytes);
  ::fcntl(from_server[0], F_SETPIPE_SZ, kPipeBytes);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(to_server[0], STDIN_FILENO);
    ::dup2(from_server[1], STDOUT_FILENO);
    ::execvp(command[0], command);
    ::_exit(127);
  }
  ::close(to_server[0]);
  ::close(from_server[1]);
  Direction to(STDIN_FILENO, to_server[1]);
  Direction from(from_server[0], STDOUT_FILENO);
  pollfd slots[] = {{STDIN_FILENO, POLLIN, 0}, {from_server[0], POLLIN, 0}};
  while (slots[1].fd >= 0 && (::poll(slots, 2, -1) >= 0 || errno == EINTR)) {
    if (slots[0].fd >= 0 && slots[0].revents != 0 && !to.Copy()) {
      slots[0].fd = -1;
      ::close(to_server[1]);
    }
    if (slots[1].revents != 0 && !from.Copy()) slots[1].fd = -1;
  }
  ::waitpid(pid, nullptr, 0);
  return 0;
}

}  // namespace
}  // namespace ostiary::bench

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: scanning_pass_through COMMAND [ARG...]\n", stderr);
    return 64;
  }
  return ostiary::bench::Run(argv + 1);
}
