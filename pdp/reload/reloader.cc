#include "pdp/reload/reloader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pdp/reload/log_issues.h"

namespace ostiary::pdp {
namespace {

// last_error is read by people: the first problems, and how many more there are.
constexpr size_t kMaxErrorsInStatus = 20;

void AddReadError(const absl::StatusOr<FileText>& text, const std::string& path,
                  std::vector<Issue>* issues) {
  if (text.ok()) return;
  Issue issue;
  issue.message = std::string(text.status().message());
  issue.file = path;
  issues->push_back(std::move(issue));
}

// The issues of one severity that are about `file`; for the rules, also those about neither file,
// so that none gets lost.
std::vector<Issue> IssuesOf(const std::vector<Issue>& issues, Severity severity,
                            const PolicyPaths& paths, const std::string& file) {
  std::vector<Issue> of_file;
  for (const Issue& issue : issues) {
    const bool of_catalog = paths.mcp_config.has_value() && issue.file == *paths.mcp_config &&
                            issue.file != paths.rules;
    if (issue.severity != severity) continue;
    if (of_catalog == (file != paths.rules)) of_file.push_back(issue);
  }
  return of_file;
}

std::string ErrorText(const std::vector<Issue>& errors) {
  const size_t shown = std::min(errors.size(), kMaxErrorsInStatus);
  std::string text = absl::StrJoin(
      errors.begin(), errors.begin() + static_cast<ptrdiff_t>(shown), "\n",
      [](std::string* out, const Issue& issue) { absl::StrAppend(out, FormatIssue(issue)); });
  if (shown < errors.size()) absl::StrAppend(&text, "\nand ", errors.size() - shown, " more");
  return text;
}

}  // namespace

Reloader::Reloader(PolicyPaths paths, PolicyLimits limits, PolicyStore* store, const Clock& clock,
                   const Log& log)
    : paths_(std::move(paths)), limits_(limits), store_(store), clock_(clock), log_(log) {
  MutexLock lock(&mutex_);
  status_.gateway_rules.path = paths_.rules;
  status_.mcp_config.path = paths_.mcp_config.value_or("");
  store_->PublishFailure(status_);
}

std::vector<std::string> Reloader::WatchedPaths() const {
  std::vector<std::string> watched = {paths_.rules};
  if (paths_.mcp_config.has_value()) watched.push_back(*paths_.mcp_config);
  return watched;
}

void Reloader::Content::Settle() {
  if (rules.has_value()) rules->Settle();
  if (mcp_config.has_value()) mcp_config->Settle();
}

Reloader::Content Reloader::ContentOf(const PolicyFileContents& files) {
  Content content;
  if (files.rules.ok()) content.rules.emplace(*files.rules);
  if (files.mcp_config.has_value() && files.mcp_config->ok()) {
    content.mcp_config.emplace(**files.mcp_config);
  }
  return content;
}

void Reloader::Load(Attempt* attempt) {
  const PolicyFileContents& files = attempt->files;
  attempt->content = ContentOf(files);
  PolicySource source{{paths_.rules, *files.rules}, std::nullopt};
  if (files.mcp_config.has_value()) {
    source.mcp_config = PolicyFile{*paths_.mcp_config, **files.mcp_config};
  }
  if (attempt->content == loaded_content_) {
    attempt->ok = true;
    attempt->issues = loaded_issues_;
    return;
  }
  if (attempt->content == failed_content_) {
    attempt->issues = failed_issues_;
    return;
  }
  LoadedPolicy loaded = LoadPolicy(source, limits_);
  attempt->ok = loaded.snapshot != nullptr;
  attempt->snapshot = std::move(loaded.snapshot);
  attempt->issues = std::move(loaded.issues);
  attempt->out_of_memory = loaded.out_of_memory;
}

const std::vector<Issue>& Reloader::CheckHalf(const PolicyFileContents& files) {
  const Content content = ContentOf(files);
  if (content == half_content_) return half_issues_;
  half_content_ = content;
  half_content_.Settle();
  half_issues_.clear();
  if (content.rules.has_value()) {
    half_issues_ = LoadPolicy({{paths_.rules, *files.rules}, std::nullopt}, limits_).issues;
  } else if (content.mcp_config.has_value()) {
    half_issues_ = CheckCatalog({*paths_.mcp_config, **files.mcp_config}, limits_);
  }
  return half_issues_;
}

Reloader::Attempt Reloader::Try() {
  ReadOptions options;
  options.max_file_bytes = limits_.max_file_bytes;
  Attempt attempt{ReadPolicyFiles(paths_, options), {}, {}, {}, false, false};
  const PolicyFileContents& files = attempt.files;
  const bool has_catalog = files.mcp_config.has_value();
  if (files.rules.ok() && (!has_catalog || files.mcp_config->ok())) {
    Load(&attempt);
    return attempt;
  }
  // Whoever mends the one file wants to know of the other's problems too, in the files' order.
  AddReadError(files.rules, paths_.rules, &attempt.issues);
  const std::vector<Issue>& others = CheckHalf(files);
  attempt.issues.insert(attempt.issues.end(), others.begin(), others.end());
  if (has_catalog) AddReadError(*files.mcp_config, *paths_.mcp_config, &attempt.issues);
  return attempt;
}

void Reloader::RecordSuccess(const Attempt& attempt, absl::Time now) {
  const auto record = [&](bool content_changed, const std::string& path, FileStatus* file) {
    file->last_success = now;
    ++file->success_count;
    if (content_changed) file->last_change = now;
    file->last_error.clear();
    file->last_warnings = IssuesOf(attempt.issues, Severity::kWarning, paths_, path);
  };
  const bool first = !loaded_content_.has_value();
  record(first || loaded_content_->rules != attempt.content->rules, paths_.rules,
         &status_.gateway_rules);
  if (paths_.mcp_config.has_value()) {
    record(first || loaded_content_->mcp_config != attempt.content->mcp_config, *paths_.mcp_config,
           &status_.mcp_config);
  }
  loaded_content_ = attempt.content;
  loaded_issues_ = attempt.issues;
  failed_content_.reset();
  failed_issues_.clear();
}

void Reloader::RecordFailure(const Attempt& attempt) {
  const auto record = [&](const std::string& path, FileStatus* file) {
    const std::vector<Issue> errors = IssuesOf(attempt.issues, Severity::kError, paths_, path);
    if (!errors.empty()) file->last_error = ErrorText(errors);
  };
  record(paths_.rules, &status_.gateway_rules);
  if (paths_.mcp_config.has_value()) record(*paths_.mcp_config, &status_.mcp_config);
  failed_content_ = attempt.out_of_memory ? std::nullopt : attempt.content;
  failed_issues_ = attempt.issues;
}

void Reloader::Settle() {
  for (std::optional<Content>* content : {&loaded_content_, &failed_content_}) {
    if (content->has_value()) (*content)->Settle();
  }
}

ReloadOutcome Reloader::Reload(ReloadMode mode) {
  MutexLock lock(&mutex_);
  // Held to the end: the old policy is then freed here, seldom by a reader in the middle of a call.
  const std::shared_ptr<const PublishedPolicy> before = store_->Current();
  const absl::Time now = clock_.WallNow();
  Attempt attempt = Try();

  ReloadOutcome outcome;
  outcome.ok = attempt.ok;
  outcome.changed = attempt.snapshot != nullptr;
  outcome.issues = attempt.issues;
  outcome.policy = before;
  const std::shared_ptr<const PolicySnapshot> snapshot = attempt.snapshot;
  const auto compare = [&] {
    if (snapshot == nullptr) return;
    outcome.diff = PolicySnapshot::Diff(before ? before->snapshot.get() : nullptr, *snapshot);
  };
  if (mode == ReloadMode::kValidateOnly) {
    compare();
    return outcome;
  }

  const bool failed_before =
      !status_.gateway_rules.last_error.empty() || !status_.mcp_config.last_error.empty();
  const bool news =
      attempt.ok ? outcome.changed || failed_before : attempt.issues != failed_issues_;
  for (FileStatus* file : {&status_.gateway_rules, &status_.mcp_config}) {
    if (file->path.empty()) continue;
    file->last_attempt = now;
    ++file->attempt_count;
  }
  ReloadCounts& counts = status_.counts;
  ++(!attempt.ok ? counts.failed : outcome.changed ? counts.changed : counts.unchanged);
  if (attempt.ok) {
    RecordSuccess(attempt, now);
    outcome.policy = store_->Publish(std::move(attempt.snapshot), status_);
  } else {
    RecordFailure(attempt);
    store_->PublishFailure(status_);
  }
  // Nobody waits for the rest.
  compare();
  Settle();
  WriteLog(outcome, mode, news);
  return outcome;
}

void Reloader::WriteLog(const ReloadOutcome& outcome, ReloadMode mode, bool news) const {
  const uint64_t generation = outcome.policy == nullptr ? 0 : outcome.policy->revision.generation;
  if (!news) {
    log_.Write(mode == ReloadMode::kPoll ? LogLevel::kDebug : LogLevel::kInfo, "reload_unchanged",
               {{"rules", paths_.rules}, {"ok", outcome.ok}, {"generation", generation}});
    return;
  }
  if (outcome.ok) {
    log_.Info("reload_succeeded", {{"rules", paths_.rules},
                                   {"generation", generation},
                                   {"digest", outcome.policy->revision.digest},
                                   {"changed", outcome.changed}});
  } else {
    log_.Error("reload_failed", {{"rules", paths_.rules},
                                 {"generation", generation},
                                 {"kept", generation == 0 ? "no policy: nothing is decided"
                                                          : "the last good policy"}});
  }
  LogIssues(log_, "policy", outcome.issues);
}

}  // namespace ostiary::pdp
