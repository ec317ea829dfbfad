#include "tests/bench/piped_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace ostiary::bench {

PipedProcess StartPiped(const std::vector<std::string>& command) {
  int input[2];
  int output[2];
  if (::pipe2(input, O_CLOEXEC) != 0 || ::pipe2(output, O_CLOEXEC) != 0) {
    std::fputs("no pipes\n", stderr);
    std::exit(1);
  }
  PipedProcess process{-1, UniqueFd(input[1]), UniqueFd(output[0])};
  const UniqueFd its_input(input[0]);
  const UniqueFd its_output(output[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, its_input.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, its_output.get(), STDOUT_FILENO);
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  if (::posix_spawnp(&process.pid, arguments[0], &actions, nullptr, arguments.data(), environ) !=
      0) {
    std::fprintf(stderr, "cannot start %s\n", command[0].c_str());
    std::exit(1);
  }
  posix_spawn_file_actions_destroy(&actions);
  return process;
}

}  // namespace ostiary::bench
