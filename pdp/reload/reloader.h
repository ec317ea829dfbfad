// Reloader: reads the files, loads them, and publishes what comes of it.
//
// Reload() may be called from any thread: calls run one after another, each reading the files
// anew. The watch (watch_loop.h), SIGHUP, the Reload RPC and the start of the program all end here,
// so all of them do the same.
#ifndef OSTIARY_PDP_RELOAD_RELOADER_H_
#define OSTIARY_PDP_RELOAD_RELOADER_H_

#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/log.h"
#include "common/mutex.h"
#include "common/sha256.h"
#include "pdp/policy/load.h"
#include "pdp/reload/policy_store.h"

namespace ostiary::pdp {

struct PolicyPaths {
  std::string rules;
  std::optional<std::string> mcp_config;
};

// What a reload did, or with ReloadMode::kValidateOnly would do.
struct ReloadOutcome {
  bool ok = false;       // the files loaded (or are what they were, and that loaded)
  bool changed = false;  // and differ from what decided before
  PolicyDiff diff;
  std::vector<Issue> issues;
  std::shared_ptr<const PublishedPolicy> policy;  // what decides now; nullptr where nothing does
};

enum class ReloadMode : uint8_t { kApply, kValidateOnly };

class Reloader {
 public:
  // `store`, `clock` and `log` must outlive the reloader.
  Reloader(PolicyPaths paths, PolicyLimits limits, PolicyStore* store, const Clock& clock,
           const Log& log);

  // Reads both files together, loads them, publishes the result, and returns what happened. When it
  // returns, the new policy decides. Never throws away the policy that decides: any failure keeps
  // it. Files with the bytes of the last good load change nothing but the attempt's times.
  ReloadOutcome Reload(ReloadMode mode = ReloadMode::kApply);

  const PolicyPaths& paths() const { return paths_; }

 private:
  const PolicyPaths paths_;
  const PolicyLimits limits_;
  PolicyStore* const store_;
  const Clock& clock_;
  const Log& log_;

  Mutex mutex_;
  // Of the last good load's bytes, with its warnings.
  std::optional<Sha256Digest> loaded_content_ ABSL_GUARDED_BY(mutex_);
  std::vector<Issue> loaded_issues_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_RELOAD_RELOADER_H_
