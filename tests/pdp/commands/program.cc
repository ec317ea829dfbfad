#include "tests/pdp/commands/program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>

#include "gtest/gtest.h"

namespace ostiary::pdp {
namespace {

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Pipe MakePipe() {
  int fds[2] = {-1, -1};
  EXPECT_EQ(::pipe2(fds, O_CLOEXEC), 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

std::vector<char*> Pointers(std::vector<std::string>* texts) {
  std::vector<char*> pointers;
  for (std::string& text : *texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

int Spawn(const Invocation& invocation, int in, int out, int err) {
  std::vector<std::string> arguments = invocation.arguments;
  arguments.insert(arguments.begin(), OSTIARY_PDP_BINARY);
  std::vector<std::string> environment = invocation.environment;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t pid = -1;
  EXPECT_EQ(::posix_spawn(&pid, OSTIARY_PDP_BINARY, &actions, nullptr, Pointers(&arguments).data(),
                          Pointers(&environment).data()),
            0);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

int Wait(int pid) {
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// False at the end.
bool ReadSome(int fd, std::string* text) {
  std::array<char, 4096> buffer;
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  if (got <= 0) return false;
  text->append(buffer.data(), static_cast<size_t>(got));
  return true;
}

}  // namespace

Outcome RunProgram(const Invocation& invocation) {
  Pipe in = MakePipe();
  Pipe out = MakePipe();
  Pipe err = MakePipe();
  const int pid = Spawn(invocation, in.read.get(), out.write.get(), err.write.get());
  in.read.Reset();
  out.write.Reset();
  err.write.Reset();
  // A program that reads nothing may have closed it.
  ::signal(SIGPIPE, SIG_IGN);
  [[maybe_unused]] const ssize_t written =
      ::write(in.write.get(), invocation.input.data(), invocation.input.size());
  in.write.Reset();
  Outcome outcome;
  while (ReadSome(out.read.get(), &outcome.out)) {
  }
  while (ReadSome(err.read.get(), &outcome.err)) {
  }
  outcome.exit_status = Wait(pid);
  return outcome;
}

ServingProgram::ServingProgram(const Invocation& invocation, int addresses) {
  Pipe err = MakePipe();
  UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  pid_ = Spawn(invocation, null.get(), null.get(), err.write.get());
  err_ = std::move(err.read);
  err.write.Reset();
  const std::string mark = R"("event":"listening","address":")";
  size_t at = 0;
  while (addresses_.size() < static_cast<size_t>(addresses)) {
    const size_t found = log_.find(mark, at);
    const size_t end = found == std::string::npos ? found : log_.find('"', found + mark.size());
    if (end == std::string::npos) {
      if (!ReadLog()) return;
      continue;
    }
    addresses_.push_back(log_.substr(found + mark.size(), end - found - mark.size()));
    at = end;
  }
}

ServingProgram::~ServingProgram() {
  if (pid_ < 0) return;
  Signal(SIGKILL);
  ExitStatus();
}

void ServingProgram::Signal(int signal) { EXPECT_EQ(::kill(pid_, signal), 0); }

bool ServingProgram::WaitForLog(const std::string& text) {
  while (log_.find(text) == std::string::npos) {
    if (!ReadLog()) return false;
  }
  return true;
}

int ServingProgram::ExitStatus() {
  while (ReadLog()) {
  }
  return Wait(std::exchange(pid_, -1));
}

bool ServingProgram::ReadLog() { return ReadSome(err_.get(), &log_); }

}  // namespace ostiary::pdp
