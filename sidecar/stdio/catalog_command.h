// CommandFromCatalog: how the server catalog (.mcp.json) starts a server.
#ifndef OSTIARY_SIDECAR_STDIO_CATALOG_COMMAND_H_
#define OSTIARY_SIDECAR_STDIO_CATALOG_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sidecar/stdio/server_command.h"

namespace ostiary::sidecar {

// mcpServers.<server>'s `command`, `args` and `env` from the catalog's text, on top of
// `environment`. ${VAR} in them becomes that variable's value there, ${VAR:-text} the text where it
// is not set; a variable that is not set and has no such text is an error. Pure.
absl::StatusOr<ServerCommand> CommandFromCatalog(absl::string_view catalog,
                                                 absl::string_view server,
                                                 const std::vector<std::string>& environment);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_STDIO_CATALOG_COMMAND_H_
