#include "tests/support/test_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "common/clock.h"

namespace ostiary {
namespace {

constexpr int kPatienceMillis = std::chrono::milliseconds(TestProcess::kPatience).count();

bool Readable(int fd, int millis) {
  pollfd slot = {fd, POLLIN, 0};
  int count;
  do {
    count = ::poll(&slot, 1, millis);
  } while (count < 0 && errno == EINTR);
  return count == 1;
}

UniqueFd OpenPid(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

}  // namespace

TestProcess::TestProcess(const std::vector<std::string>& arguments,
                         const std::vector<std::string>& variables) {
  ::signal(SIGPIPE, SIG_IGN);
  char path[] = "/tmp/ostiary_test_errors_XXXXXX";
  const UniqueFd errors(::mkostemp(path, O_CLOEXEC));
  errors_path_ = path;
  int in[2];
  int out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) std::abort();
  std::vector<char*> words;
  for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(in[0], STDIN_FILENO);
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(errors.get(), STDERR_FILENO);
    for (const std::string& variable : variables) ::putenv(const_cast<char*>(variable.c_str()));
    ::execvp(words[0], words.data());
    ::_exit(126);
  }
  ::close(in[0]);
  ::close(out[1]);
  input_.Reset(in[1]);
  output_.Reset(out[0]);
  pidfd_ = OpenPid(pid_);
}

TestProcess::~TestProcess() {
  if (!status_.has_value()) {
    Signal(SIGKILL);
    Wait();
  }
  ::unlink(errors_path_.c_str());
}

void TestProcess::WriteLine(absl::string_view line) {
  const std::string bytes = absl::StrCat(line, "\n");
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t size = ::write(input_.get(), bytes.data() + done, bytes.size() - done);
    if (size < 0 && errno != EINTR) {
      ADD_FAILURE() << "the program takes no more input: errno " << errno;
      return;
    }
    if (size > 0) done += static_cast<size_t>(size);
  }
}

void TestProcess::Signal(int signal) const {
  if (!status_.has_value()) ::kill(pid_, signal);
}

bool TestProcess::FillBuffer() {
  if (!Readable(output_.get(), kPatienceMillis)) return false;
  char bytes[65536];
  const ssize_t size = ::read(output_.get(), bytes, sizeof(bytes));
  if (size > 0) buffer_.append(bytes, static_cast<size_t>(size));
  return size > 0;
}

std::optional<std::string> TestProcess::ReadLine() {
  size_t end;
  while ((end = buffer_.find('\n')) == std::string::npos) {
    if (!FillBuffer()) return std::nullopt;
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  return line;
}

std::string TestProcess::ReadRest() {
  while (FillBuffer()) {
  }
  return std::exchange(buffer_, "");
}

std::string TestProcess::Errors() {
  Wait();
  std::ostringstream text;
  text << std::ifstream(errors_path_).rdbuf();
  return text.str();
}

int TestProcess::Wait() {
  if (status_.has_value()) return *status_;
  if (!Readable(pidfd_.get(), kPatienceMillis)) return -1;
  int status = 0;
  ::waitpid(pid_, &status, 0);
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return *status_;
}

std::chrono::milliseconds TestProcess::TimeToEnd() {
  const MonoTime start = Clock::System().Now();
  Wait();
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::System().Now() - start);
}

WatchedProcess::WatchedProcess(pid_t pid) : pidfd_(OpenPid(pid)) {
  EXPECT_TRUE(pidfd_.valid()) << "there is no process " << pid;
}

bool WatchedProcess::Ends() const { return Readable(pidfd_.get(), kPatienceMillis); }

bool WatchedProcess::Lives() const { return !Readable(pidfd_.get(), 0); }

}  // namespace ostiary
