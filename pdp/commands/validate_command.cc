#include "pdp/commands/validate_command.h"

#include "pdp/commands/exit_codes.h"
#include "pdp/commands/loaded_files.h"

namespace ostiary::pdp {

int RunValidate(const PolicyPaths& paths, const PolicyLimits& limits, std::ostream& out) {
  const LoadedFiles loaded = LoadFiles(paths, limits);
  for (const Issue& issue : loaded.issues) out << FormatIssue(issue) << "\n";
  return loaded.snapshot == nullptr ? kExitFailed : kExitOk;
}

}  // namespace ostiary::pdp
