#include "pdp/policy/issue.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

namespace ostiary::pdp {

bool HasErrors(absl::Span<const Issue> issues) {
  return std::any_of(issues.begin(), issues.end(),
                     [](const Issue& issue) { return issue.severity == Severity::kError; });
}

std::string FormatIssue(const Issue& issue) {
  std::string out = issue.file;
  if (issue.line != 0) {
    absl::StrAppend(&out, out.empty() ? "" : ":", issue.line, ":", issue.column);
  }
  absl::StrAppend(&out, out.empty() ? "" : ": ",
                  issue.severity == Severity::kError ? "error: " : "warning: ", issue.message);
  if (!issue.pointer.empty()) absl::StrAppend(&out, " (", issue.pointer, ")");
  return out;
}

}  // namespace ostiary::pdp
