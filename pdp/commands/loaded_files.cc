#include "pdp/commands/loaded_files.h"

#include <utility>

#include "common/clock.h"
#include "common/log.h"
#include "pdp/reload/policy_store.h"
#include "pdp/reload/reloader.h"

namespace ostiary::pdp {

LoadedFiles LoadFiles(const PolicyPaths& paths, const PolicyLimits& limits) {
  // The issues are for the caller to print, so the reloader's own lines go nowhere.
  constexpr int kNowhere = -1;
  const Log silent(kNowhere, LogLevel::kError, Clock::System());
  PolicyStore store("command");
  Reloader reloader(paths, limits, &store, Clock::System(), silent);
  ReloadOutcome outcome = reloader.Reload();
  LoadedFiles loaded;
  if (outcome.ok && outcome.policy != nullptr) loaded.snapshot = outcome.policy->snapshot;
  loaded.issues = std::move(outcome.issues);
  return loaded;
}

}  // namespace ostiary::pdp
