// ParseFile: from a file's text to JSON, for every file that the PDP reads. A pure function.
#ifndef OSTIARY_PDP_POLICY_PARSE_FILE_H_
#define OSTIARY_PDP_POLICY_PARSE_FILE_H_

#include "common/json/json_document.h"
#include "pdp/policy/issue_log.h"
#include "pdp/policy/load.h"

namespace ostiary::pdp {

// Reads the text into `*document`. Where that is not possible (it is empty, too long or no JSON) it
// adds an error to `log`, whose current file this is, and returns false. `pieces` are handed out
// meanwhile; what is said of them in the log is forgotten where the text proves to be no JSON.
bool ParseFile(const PolicyFile& file, const PolicyLimits& limits, IssueLog* log,
               JsonDocument* document, const JsonPieces* pieces = nullptr);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_PARSE_FILE_H_
