// Writing JSON strings. For whole documents of ours, which are few and flat, string building with
// these is all there is.
#ifndef OSTIARY_COMMON_JSON_JSON_WRITE_H_
#define OSTIARY_COMMON_JSON_JSON_WRITE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace ostiary {

// Appends `text` to `*out` as a JSON string with its quotes (RFC 8259, section 7). Bytes that are
// not UTF-8 become U+FFFD, so the result is always valid JSON. It is one line to every reader:
// U+0085, U+2028 and U+2029, where some end a line, are written as escapes.
void AppendJsonString(absl::string_view text, std::string* out);

// The same as a value.
std::string JsonString(absl::string_view text);

}  // namespace ostiary

#endif  // OSTIARY_COMMON_JSON_JSON_WRITE_H_
