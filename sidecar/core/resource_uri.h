// The one form in which URIs that mean the same resource are the same bytes.
//
// Servers look a resource up by what a URL parser makes of the URI (WHATWG URL in JavaScript and
// Rust, and so in Python's pydantic), or hand its path to the file system. A rule that denies
// `file:///etc/passwd` must hold for `FILE:///tmp/../etc/p%61sswd` too. So a resource is decided
// under the URI as it came and under its normal form, and needs both.
//
// The normal form is RFC 3986's (section 6.2.2: case, percent-encoding, dot segments) with what the
// URL Standard does beyond it: blanks and control characters cut off, tabs and newlines removed,
// `\` read as `/`, bytes that may not stand in a URI percent-encoded, default ports and a missing
// `//` of the web's schemes. For `file`, which servers take for a path: no host `localhost`, no
// query, no fragment, no empty segments. It does not decode what would change the meaning, such as
// %2F. A pure function.
#ifndef OSTIARY_SIDECAR_CORE_RESOURCE_URI_H_
#define OSTIARY_SIDECAR_CORE_RESOURCE_URI_H_

#include <string>

#include "absl/strings/string_view.h"

namespace ostiary::sidecar {

// Writes the normal form of `uri` to `*out`; what has no scheme stays as it is.
void NormalUri(absl::string_view uri, std::string* out);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_RESOURCE_URI_H_
