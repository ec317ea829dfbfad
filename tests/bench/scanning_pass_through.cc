// scanning_pass_through COMMAND [ARG...]: as tests/support/pass_through, and validates each line as
// JSON with the scanner that the sidecar has. It decides nothing: the least that can stand where
// the sidecar stands. Ends a direction where a line is not JSON.
#include <cstdio>

#include "common/json/json_document.h"
#include "tests/support/line_copier.h"

namespace {

bool IsJson(const char* line, size_t size) {
  static ostiary::JsonDocument document;
  return document.Parse(absl::string_view(line, size));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: scanning_pass_through COMMAND [ARG...]\n", stderr);
    return 64;
  }
  return ostiary::CopyLines(argv + 1, IsJson);
}
