// Issue: something wrong with a policy file, with its place. Loading collects them all.
#ifndef OSTIARY_PDP_POLICY_ISSUE_H_
#define OSTIARY_PDP_POLICY_ISSUE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"

namespace ostiary::pdp {

enum class Severity : uint8_t { kError, kWarning };

struct Issue {
  Severity severity = Severity::kError;
  std::string message;  // what is wrong and what to do
  std::string file;
  uint32_t line = 0;    // from 1; 0 where the issue is about the whole file
  uint32_t column = 0;  // in bytes, from 1; 0 with line 0
  std::string pointer;  // RFC 6901; empty for the whole file

  bool operator==(const Issue&) const = default;
};

bool HasErrors(absl::Span<const Issue> issues);

// "file:line:column: error|warning: message (pointer)", without what is not known.
std::string FormatIssue(const Issue& issue);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_ISSUE_H_
