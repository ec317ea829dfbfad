// pass_through COMMAND [ARG...]: starts the command and copies lines between it and its own stdin
// and stdout, nothing else: what the sidecar is measured against. Leaves with the command's status.
#include <cstdio>

#include "tests/support/line_copier.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: pass_through COMMAND [ARG...]\n", stderr);
    return 64;
  }
  return ostiary::CopyLines(argv + 1, nullptr);
}
