// What is wrong with files, as lines of the log: one for each issue. Thread-safe.
#ifndef OSTIARY_PDP_RELOAD_LOG_ISSUES_H_
#define OSTIARY_PDP_RELOAD_LOG_ISSUES_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "common/log.h"
#include "pdp/policy/issue.h"

namespace ostiary::pdp {

// The events are SUBJECT_error and SUBJECT_warning, such as policy_error.
void LogIssues(const Log& log, absl::string_view subject, const std::vector<Issue>& issues);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_RELOAD_LOG_ISSUES_H_
