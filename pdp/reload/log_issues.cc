#include "pdp/reload/log_issues.h"

#include <cstdint>

#include "absl/strings/str_cat.h"

namespace ostiary::pdp {

void LogIssues(const Log& log, absl::string_view subject, const std::vector<Issue>& issues) {
  for (const Issue& issue : issues) {
    const bool is_error = issue.severity == Severity::kError;
    log.Write(is_error ? LogLevel::kError : LogLevel::kWarning,
              absl::StrCat(subject, is_error ? "_error" : "_warning"),
              {{"file", issue.file},
               {"line", uint64_t{issue.line}},
               {"column", uint64_t{issue.column}},
               {"pointer", issue.pointer},
               {"message", issue.message}});
  }
}

}  // namespace ostiary::pdp
