// `ostiary-pdp validate`: would these files load, and what is wrong with them?
#ifndef OSTIARY_PDP_COMMANDS_VALIDATE_COMMAND_H_
#define OSTIARY_PDP_COMMANDS_VALIDATE_COMMAND_H_

#include <ostream>
#include <string>

#include "pdp/policy/load.h"
#include "pdp/reload/policy_files.h"

namespace ostiary::pdp {

// Prints each issue on `out`, as FormatIssue writes it, and returns the exit status: 0 if the files
// would load, warnings or not, else 1. `bindings` may be empty: then there are none to look at.
int RunValidate(const PolicyPaths& paths, const std::string& bindings, const PolicyLimits& limits,
                std::ostream& out);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_COMMANDS_VALIDATE_COMMAND_H_
