// From a fork to the server: its process group, its pipes, its end with its parent.
#ifndef OSTIARY_SIDECAR_STDIO_LAUNCH_H_
#define OSTIARY_SIDECAR_STDIO_LAUNCH_H_

#include <sys/types.h>

namespace ostiary::sidecar {

// What a server needs to start; borrowed.
struct Launch {
  const char* path;
  char* const* arguments;
  char* const* environment;
  int input;   // becomes its stdin
  int output;  // becomes its stdout
};

// Forks and runs the program: in a process group of its own, with default signals, no other
// descriptor than those two and our stderr, to be killed when the calling thread ends. Returns 0
// and its id, or the errno that says why it does not run (then nothing is left of it).
int StartProgram(const Launch& launch, pid_t* pid);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_LAUNCH_H_
