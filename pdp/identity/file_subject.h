// FileSubject: one file that is read again whenever it may have changed, and whose last good
// content stays in use: the bindings, the issuer's keys.
//
// In the log: NAME_loaded and NAME_not_loaded, then a line for each issue. Thread-safe.
#ifndef OSTIARY_PDP_IDENTITY_FILE_SUBJECT_H_
#define OSTIARY_PDP_IDENTITY_FILE_SUBJECT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "common/log.h"
#include "common/mutex.h"
#include "common/sha256.h"
#include "pdp/metrics/counts.h"
#include "pdp/policy/issue.h"
#include "pdp/policy/load.h"
#include "pdp/reload/reload_subject.h"

namespace ostiary::pdp {

class FileSubject : public ReloadSubject {
 public:
  std::vector<std::string> WatchedPaths() const override { return {path_}; }
  std::vector<Issue> Refresh(ReloadMode mode) override ABSL_LOCKS_EXCLUDED(mutex_);

  const std::string& path() const { return path_; }

 protected:
  // `name` is what the log calls it: "bindings". `log` and `counts`, which may be nullptr, must
  // outlive it.
  FileSubject(std::string name, std::string path, const PolicyLimits& limits, const Log& log,
              LoadCounts* counts);

  // Reads `file` and returns its issues; without an error among them, and for kApply, puts it to
  // use. Called by one thread at a time.
  enum class Use : uint8_t { kApply, kCheckOnly };
  virtual std::vector<Issue> Load(const PolicyFile& file, const PolicyLimits& limits, Use use) = 0;

 private:
  void WriteLog(const std::vector<Issue>& issues) const;

  const std::string name_;
  const std::string path_;
  const PolicyLimits limits_;
  const Log& log_;
  LoadCounts* const counts_;

  Mutex mutex_;
  // The content in use, and what the last reading came to.
  std::optional<Sha256Digest> in_use_ ABSL_GUARDED_BY(mutex_);
  std::vector<Issue> issues_in_use_ ABSL_GUARDED_BY(mutex_);
  std::vector<Issue> last_issues_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_FILE_SUBJECT_H_
