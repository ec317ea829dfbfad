// split_sidecar run FLAGS... -- SERVER: stands wherever a test starts `ostiary-sidecar run`, and
// has `serve` and `connect` do it. So every test of `run` is one of theirs too.
//
// It starts `serve` with the same flags on a socket in a folder of its own, and becomes `connect`.
// A third process waits for the end of that one, ends `serve`, and removes the folder.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace {

void Exec(std::vector<std::string> words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execv(pointers[0], pointers.data());
  std::perror(pointers[0]);
  ::_exit(126);
}

// Waits for its parent's end, and sees to the end of `serve` then. In a session of its own, as if
// in another container: what kills its parent's group must not reach it.
[[noreturn]] void Watch(const std::vector<std::string>& serve, const std::string& folder) {
  ::setsid();
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGUSR1, SIGCHLD}) ::sigaddset(&signals, signal);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGUSR1);
  // The client's pipes are not ours to hold open.
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO}) ::dup2(nothing, fd);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::sigprocmask(SIG_UNBLOCK, &signals, nullptr);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    Exec(serve);
  }
  ::dup2(nothing, STDERR_FILENO);
  int signal = 0;
  ::sigwait(&signals, &signal);
  if (signal == SIGUSR1) ::kill(pid, SIGTERM);
  ::waitpid(pid, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  ::_exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || std::strcmp(argv[1], "run") != 0) {
    std::fputs("usage: split_sidecar run FLAGS... -- SERVER\n", stderr);
    return 64;
  }
  std::string folder = std::filesystem::temp_directory_path() / "ostiary_split_XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return 126;
  const std::string address = "unix:" + folder + "/mcp.sock";
  std::vector<std::string> serve = {SIDECAR, "serve", "--listen", address};
  serve.insert(serve.end(), argv + 2, argv + argc);
  if (::fork() == 0) Watch(serve, folder);
  Exec({SIDECAR, "connect", address});
}
