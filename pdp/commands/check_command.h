// `ostiary-pdp check`: what do these rules decide, asked here and now, without a PDP?
#ifndef OSTIARY_PDP_COMMANDS_CHECK_COMMAND_H_
#define OSTIARY_PDP_COMMANDS_CHECK_COMMAND_H_

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/strings/string_view.h"
#include "pdp/policy/decision.h"
#include "pdp/policy/load.h"
#include "pdp/policy/snapshot.h"
#include "pdp/reload/policy_files.h"

namespace ostiary::pdp {

enum class CheckFormat : uint8_t { kText, kJson };

struct CheckOptions {
  PolicyPaths paths;
  PolicyLimits limits;
  CheckFormat format = CheckFormat::kText;
  std::string agent;
  std::string server;
  AccessKind kind = AccessKind::kServer;
  std::string name;
};

// Prints the decision on `out`; what keeps one from being made goes to `err`. Returns the exit
// status: 0 for allow, 3 for deny, 1 if nothing could be decided, 64 for an access that is none.
int RunCheck(const CheckOptions& options, std::ostream& out, std::ostream& err);

// Reads JSON Lines {"agent","server","kind","name"} from `in_fd` and writes one line for each, in
// the same order, as soon as it has read it: a program may ask, wait for the answer and ask again.
// Returns 0 if every line was decided, else 1. Looks at nothing of `options` but the rules.
int RunCheckBatch(const CheckOptions& options, int in_fd, std::ostream& out, std::ostream& err);

// The answer to one such line, without its newline; `*decided` says whether it is a decision.
std::string AnswerLine(const PolicySnapshot& snapshot, absl::string_view line, bool* decided);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_COMMANDS_CHECK_COMMAND_H_
