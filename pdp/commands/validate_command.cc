#include "pdp/commands/validate_command.h"

#include <vector>

#include "common/clock.h"
#include "common/log.h"
#include "pdp/commands/exit_codes.h"
#include "pdp/commands/loaded_files.h"
#include "pdp/identity/bindings_file.h"

namespace ostiary::pdp {

int RunValidate(const PolicyPaths& paths, const std::string& bindings, const PolicyLimits& limits,
                std::ostream& out) {
  LoadedFiles loaded = LoadFiles(paths, limits);
  if (!bindings.empty()) {
    constexpr int kNowhere = -1;
    const Log silent(kNowhere, LogLevel::kError, Clock::System());
    std::vector<Issue> issues =
        BindingsFile(bindings, limits, silent, nullptr).Refresh(ReloadMode::kValidateOnly);
    if (HasErrors(issues)) loaded.snapshot.reset();
    loaded.issues.insert(loaded.issues.end(), issues.begin(), issues.end());
  }
  for (const Issue& issue : loaded.issues) out << FormatIssue(issue) << "\n";
  return loaded.snapshot == nullptr ? kExitFailed : kExitOk;
}

}  // namespace ostiary::pdp
