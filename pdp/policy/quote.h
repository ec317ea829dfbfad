// Quoting names from files and requests in messages for people.
#ifndef OSTIARY_PDP_POLICY_QUOTE_H_
#define OSTIARY_PDP_POLICY_QUOTE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace ostiary::pdp {

// `text` as a JSON string: control characters cannot forge a line of a log. A very long text is
// cut, and its length given.
std::string Quote(absl::string_view text);
// The same, appended.
void AppendQuote(absl::string_view text, std::string* out);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_QUOTE_H_
