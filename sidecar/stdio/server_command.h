// ServerCommand: which program the MCP server is, and where that program is found.
#ifndef OSTIARY_SIDECAR_STDIO_SERVER_COMMAND_H_
#define OSTIARY_SIDECAR_STDIO_SERVER_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ostiary::sidecar {

// What to start.
struct ServerCommand {
  std::vector<std::string> arguments;    // the first names the program
  std::vector<std::string> environment;  // "NAME=value"
};

// The file that running `program` with this environment's PATH would start, found as execvp(3)
// does. NOT_FOUND or PERMISSION_DENIED, in words for people, where there is none.
absl::StatusOr<std::string> FindProgram(absl::string_view program,
                                        const std::vector<std::string>& environment);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_SERVER_COMMAND_H_
