#include "sidecar/stdio/server_command.h"

#include <sys/stat.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace ostiary::sidecar {

absl::StatusOr<std::string> FindProgram(absl::string_view program,
                                        const std::vector<std::string>& environment) {
  if (program.empty()) return absl::NotFoundError("the server's command is empty");
  const auto runs = [](const std::string& path) {
    struct stat about = {};
    return ::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) &&
           ::access(path.c_str(), X_OK) == 0;
  };
  if (absl::StrContains(program, '/')) {
    const std::string path(program);
    if (runs(path)) return path;
    if (::access(path.c_str(), F_OK) != 0) {
      return absl::NotFoundError(absl::StrCat("there is no file ", program));
    }
    return absl::PermissionDeniedError(absl::StrCat(program, " is not a program that may be run"));
  }
  absl::string_view search = "/bin:/usr/bin";
  for (const std::string& variable : environment) {
    if (absl::StartsWith(variable, "PATH=")) search = absl::string_view(variable).substr(5);
  }
  for (absl::string_view folder : absl::StrSplit(search, ':')) {
    const std::string path = absl::StrCat(folder.empty() ? "." : folder, "/", program);
    if (runs(path)) return path;
  }
  return absl::NotFoundError(
      absl::StrCat("there is no program ", program, " in PATH (", search, ")"));
}

}  // namespace ostiary::sidecar
