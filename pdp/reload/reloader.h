// Reloader: reads the files, loads them, and publishes what comes of it.
//
// Reload() may be called from any thread: calls run one after another, each reading the files
// anew. The watch (watch_loop.h), SIGHUP, the Reload RPC and the start of the program all end here,
// so all of them do the same. One reloader to a store: it keeps the history that Status shows.
//
// In the log: reload_succeeded and reload_failed, then one line for each issue (policy_warning,
// policy_error). A reload that met nothing new (the bytes and the outcome of the one before) goes
// in as reload_unchanged: at level debug for the poll, which comes again and again, and at level
// info for the others, so that whoever asked finds an answer.
#ifndef OSTIARY_PDP_RELOAD_RELOADER_H_
#define OSTIARY_PDP_RELOAD_RELOADER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/log.h"
#include "common/mutex.h"
#include "pdp/policy/load.h"
#include "pdp/reload/content_mark.h"
#include "pdp/reload/policy_files.h"
#include "pdp/reload/policy_store.h"
#include "pdp/reload/reload_subject.h"

namespace ostiary::pdp {

// What a reload did, or with ReloadMode::kValidateOnly would do.
struct ReloadOutcome {
  bool ok = false;       // the files loaded (or are what they were, and that loaded)
  bool changed = false;  // and their bytes differ from what decided before
  PolicyDiff diff;
  std::vector<Issue> issues;
  std::shared_ptr<const PublishedPolicy> policy;  // what decides now; nullptr where nothing does
};

class Reloader final : public ReloadSubject {
 public:
  // `store`, `clock` and `log` must outlive the reloader. Reads nothing yet, and gives the store a
  // status that has the paths.
  Reloader(PolicyPaths paths, PolicyLimits limits, PolicyStore* store, const Clock& clock,
           const Log& log);

  // Reads both files together, loads them, publishes the result, and returns what happened. When it
  // returns, the new policy decides. Never throws away the policy that decides: any failure keeps
  // it. Files with the bytes of the last good load change nothing but the attempt's times and
  // counts, and end an error.
  ReloadOutcome Reload(ReloadMode mode = ReloadMode::kApply);

  const PolicyPaths& paths() const { return paths_; }

  std::vector<std::string> WatchedPaths() const override;
  std::vector<Issue> Refresh(ReloadMode mode) override { return Reload(mode).issues; }

 private:
  // The bytes of the files; nullopt for one that could not be read, and for a catalog that is not
  // wanted.
  struct Content {
    std::optional<ContentMark> rules;
    std::optional<ContentMark> mcp_config;
    bool operator==(const Content&) const = default;
    void Settle();
  };

  // What one attempt came to, before anything is published.
  struct Attempt {
    PolicyFileContents files;
    std::optional<Content> content;                  // nullopt where a file could not be read
    std::shared_ptr<const PolicySnapshot> snapshot;  // nullptr: an error, or the present policy
    std::vector<Issue> issues;
    bool ok = false;
    bool out_of_memory = false;  // so the same content may load next time
  };

  Attempt Try() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Load(Attempt* attempt) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static Content ContentOf(const PolicyFileContents& files);
  // What is wrong with the one file that could be read, if any could.
  const std::vector<Issue>& CheckHalf(const PolicyFileContents& files)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RecordSuccess(const Attempt& attempt, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RecordFailure(const Attempt& attempt) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What can wait until the new policy decides.
  void Settle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteLog(const ReloadOutcome& outcome, ReloadMode mode, bool news) const;

  const PolicyPaths paths_;
  const PolicyLimits limits_;
  PolicyStore* const store_;
  const Clock& clock_;
  const Log& log_;

  Mutex mutex_;
  ReloadStatus status_ ABSL_GUARDED_BY(mutex_);
  // The last good load, whose policy decides.
  std::optional<Content> loaded_content_ ABSL_GUARDED_BY(mutex_);
  std::vector<Issue> loaded_issues_ ABSL_GUARDED_BY(mutex_);
  // The last attempt, unless it was that load: text that failed once is not parsed at every poll.
  std::optional<Content> failed_content_ ABSL_GUARDED_BY(mutex_);
  std::vector<Issue> failed_issues_ ABSL_GUARDED_BY(mutex_);
  // The file that could be read when the other could not; it is not parsed at every poll either.
  Content half_content_ ABSL_GUARDED_BY(mutex_);
  std::vector<Issue> half_issues_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_RELOAD_RELOADER_H_
