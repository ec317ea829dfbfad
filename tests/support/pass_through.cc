// pass_through COMMAND [ARG...]: starts the command and copies its stdin and stdout, poll(2) and
// one thread, nothing else: what the sidecar is measured against. Leaves with the command's status.
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <memory>

namespace {

constexpr size_t kBufferBytes = 256 << 10;  // as the sidecar reads
constexpr int kPipeBytes = 256 << 10;       // as the sidecar's pipes

// False at the end of the input or where nobody reads.
bool Copy(int from, int to, char* buffer) {
  const ssize_t size = ::read(from, buffer, kBufferBytes);
  if (size < 0) return errno == EINTR;
  for (ssize_t done = 0; done < size;) {
    const ssize_t written = ::write(to, buffer + done, static_cast<size_t>(size - done));
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) done += written;
  }
  return size > 0;
}

}  // namespace

int main(int argc, char** argv) {
  int to_server[2];
  int from_server[2];
  if (argc < 2 || ::pipe2(to_server, O_CLOEXEC) != 0 || ::pipe2(from_server, O_CLOEXEC) != 0) {
    std::fputs("usage: pass_through COMMAND [ARG...]\n", stderr);
    return 64;
  }
  ::fcntl(to_server[1], F_SETPIPE_SZ, kPipeBytes);
  ::fcntl(from_server[0], F_SETPIPE_SZ, kPipeBytes);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(to_server[0], STDIN_FILENO);
    ::dup2(from_server[1], STDOUT_FILENO);
    ::execvp(argv[1], argv + 1);
    ::_exit(127);
  }
  ::close(to_server[0]);
  ::close(from_server[1]);
  const auto buffer = std::make_unique<char[]>(kBufferBytes);
  pollfd slots[] = {{STDIN_FILENO, POLLIN, 0}, {from_server[0], POLLIN, 0}};
  while (slots[1].fd >= 0 && (::poll(slots, 2, -1) >= 0 || errno == EINTR)) {
    if (slots[0].fd >= 0 && slots[0].revents != 0 && !Copy(0, to_server[1], buffer.get())) {
      slots[0].fd = -1;
      ::close(to_server[1]);
    }
    if (slots[1].revents != 0 && !Copy(from_server[0], STDOUT_FILENO, buffer.get())) {
      slots[1].fd = -1;
    }
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
