// LoadPolicy: from the two files' texts to a snapshot, or to what is wrong with them.
#ifndef OSTIARY_PDP_POLICY_LOAD_H_
#define OSTIARY_PDP_POLICY_LOAD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "pdp/policy/issue.h"
#include "pdp/policy/snapshot.h"

namespace ostiary::pdp {

// Ceilings on what a policy may cost. Past one, the load fails and says which.
struct PolicyLimits {
  // Bytes of each file. A policy of 100,000 agents with ten patterns each has 67 MB.
  size_t max_file_bytes = size_t{256} << 20;
  // Lists and objects inside one another; the rules need 5.
  uint32_t max_depth = 64;
  // Bytes of one pattern, since its matching takes time in proportion to its length, and of a
  // server's key, since every decision by its lists names it.
  size_t max_pattern_bytes = 16 << 10;
  // Issues kept of one load; one more says how many were left out.
  size_t max_issues = 1000;
  // Bytes of their texts, errors and warnings apart: each names its place, by keys that may be
  // long.
  size_t max_issue_bytes = 1 << 20;
};

// One file: the name that issues and rules cite, and its content. The text is a view.
struct PolicyFile {
  std::string name;
  absl::string_view text;
};

struct PolicySource {
  PolicyFile rules;
  std::optional<PolicyFile> mcp_config;
};

struct LoadedPolicy {
  // nullptr where the issues have an error.
  std::shared_ptr<const PolicySnapshot> snapshot;
  // Errors and warnings, in the order of the files (rules first) and of the places in them.
  std::vector<Issue> issues;
  // There was no memory, which is no fault of the texts: they may load at another time.
  bool out_of_memory = false;
};

// Parse, lint, compile. A pure function: no threads, files or clock. All problems are collected,
// save that text which is not JSON gives its first error only. Where there is not enough memory,
// that is an issue like others.
LoadedPolicy LoadPolicy(const PolicySource& source, const PolicyLimits& limits = {});

// What is wrong with a catalog by itself, for where there are no rules to load with it.
std::vector<Issue> CheckCatalog(const PolicyFile& file, const PolicyLimits& limits = {});

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_LOAD_H_
