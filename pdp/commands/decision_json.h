// A decision as one line of JSON, and as text for people: what `ostiary-pdp check` prints. Pure.
#ifndef OSTIARY_PDP_COMMANDS_DECISION_JSON_H_
#define OSTIARY_PDP_COMMANDS_DECISION_JSON_H_

#include <string>

#include "absl/strings/string_view.h"
#include "pdp/policy/decision.h"

namespace ostiary::pdp {

// {"effect":"ALLOW","reason":"…","rule":{"file":…,"pointer":…,"pattern":…,"line":1,"column":1},
// "message":"…"}. "rule" is null where no rule matched. No newline.
std::string DecisionJson(const Decision& decision, const Explanation& explanation);

// {"error":"…"}. No newline.
std::string ErrorJson(absl::string_view message);

// Two or three lines, each with its newline.
std::string DecisionText(const Decision& decision, const Explanation& explanation);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_COMMANDS_DECISION_JSON_H_
