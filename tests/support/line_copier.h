// The least that can stand between a client and a server and handle lines: what the sidecar is
// measured against. A line is passed on once it has come to its end.
//
// One thread and poll(2), whose writes wait for their reader: a client and a server that both write
// more than their pipes hold, and read nothing meanwhile, wait for each other for ever.
#ifndef OSTIARY_TESTS_SUPPORT_LINE_COPIER_H_
#define OSTIARY_TESTS_SUPPORT_LINE_COPIER_H_

#include <cstddef>

namespace ostiary {

// Whether the line, given without its LF, may pass.
using LineCheck = bool (*)(const char* line, size_t size);

// Starts the command, a list that ends with nullptr, and copies lines from stdin to it and from it
// to stdout until it ends; what lacks a LF at the end of an input is passed as it is. Ends a
// direction at the first line that does not pass `check`, which may be nullptr. Returns the
// command's exit status, 128 + N where signal N ended it, or 127 where it could not be started.
int CopyLines(char** command, LineCheck check);

}  // namespace ostiary

#endif  // OSTIARY_TESTS_SUPPORT_LINE_COPIER_H_
