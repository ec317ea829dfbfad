#include "pdp/identity/file_subject.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "pdp/reload/log_issues.h"
#include "pdp/reload/policy_files.h"

namespace ostiary::pdp {

FileSubject::FileSubject(std::string name, std::string path, const PolicyLimits& limits,
                         const Log& log, LoadCounts* counts)
    : name_(std::move(name)), path_(std::move(path)), limits_(limits), log_(log), counts_(counts) {}

std::vector<Issue> FileSubject::Refresh(ReloadMode mode) {
  const MutexLock lock(&mutex_);
  ReadOptions options;
  options.max_file_bytes = limits_.max_file_bytes;
  const absl::StatusOr<FileText> text = ReadPolicyFiles({path_, std::nullopt}, options).rules;
  std::optional<Sha256Digest> digest;
  if (text.ok()) digest = Sha256(*text);
  std::vector<Issue> issues;
  bool is_new = false;
  if (digest.has_value() && digest == in_use_) {
    issues = issues_in_use_;
  } else if (text.ok()) {
    const Use use = mode == ReloadMode::kValidateOnly ? Use::kCheckOnly : Use::kApply;
    issues = Load({path_, *text}, limits_, use);
    is_new = !HasErrors(issues);
  } else {
    Issue issue;
    issue.message = std::string(text.status().message());
    issue.file = path_;
    issues.push_back(std::move(issue));
  }
  if (mode == ReloadMode::kValidateOnly) return issues;

  if (is_new) {
    in_use_ = digest;
    issues_in_use_ = issues;
    if (counts_ != nullptr) ++counts_->loaded;
  } else if (HasErrors(issues) && counts_ != nullptr) {
    ++counts_->failed;
  }
  if (is_new || issues != last_issues_) WriteLog(issues);
  last_issues_ = issues;
  return issues;
}

void FileSubject::WriteLog(const std::vector<Issue>& issues) const {
  if (HasErrors(issues)) {
    log_.Error(absl::StrCat(name_, "_not_loaded"),
               {{"file", path_}, {"kept", "what was loaded last"}});
  } else {
    log_.Info(absl::StrCat(name_, "_loaded"), {{"file", path_}});
  }
  LogIssues(log_, name_, issues);
}

}  // namespace ostiary::pdp
