// The rules of the command line, loaded once, by the same code that `serve` loads them with.
#ifndef OSTIARY_PDP_COMMANDS_LOADED_FILES_H_
#define OSTIARY_PDP_COMMANDS_LOADED_FILES_H_

#include <memory>
#include <vector>

#include "pdp/policy/issue.h"
#include "pdp/policy/load.h"
#include "pdp/policy/snapshot.h"
#include "pdp/reload/policy_files.h"

namespace ostiary::pdp {

struct LoadedFiles {
  std::shared_ptr<const PolicySnapshot> snapshot;  // nullptr where they do not load
  std::vector<Issue> issues;
};

LoadedFiles LoadFiles(const PolicyPaths& paths, const PolicyLimits& limits);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_COMMANDS_LOADED_FILES_H_
