// The forms under which a resource is decided, so that a rule on one spelling holds for all.
//
// Servers look a resource up by what a URL parser makes of the URI (WHATWG URL in JavaScript and
// Rust, and so in Python's pydantic), or hand its decoded path to the file system. A rule that
// denies `file:///etc/passwd` must hold for `FILE:///tmp/../etc/p%61sswd` and
// `file://anyhost/etc%2Fpasswd` too. Besides the URI as it came there are two:
//
// The normal form is RFC 3986's (section 6.2.2: case, percent-encoding, dot segments) with what the
// URL Standard does beyond it: blanks and control characters cut off, tabs and newlines removed,
// `\` read as `/`, bytes that may not stand in a URI percent-encoded, default ports and a missing
// `//` of the web's schemes. For `file`, which servers take for a path: no host `localhost`, no
// query, no fragment, no empty segments. It does not decode what would change the meaning, such as
// %2F.
//
// The plain form is what a server gets that decodes the path: without percent-encoding, user or
// the host of a file.
//
// Pure functions. Not covered, since no reader of URIs takes them so: `/etc/passwd` alone,
// `url:file:…`, what is encoded twice.
#ifndef OSTIARY_SIDECAR_CORE_RESOURCE_URI_H_
#define OSTIARY_SIDECAR_CORE_RESOURCE_URI_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sidecar/core/access_view.h"

namespace ostiary::sidecar {

// Whether all readers find the same place. They do not where a backslash stands in the authority
// (the URL Standard ends it there, others go on), where a drive is written `C|`, nor where there is
// a segment `..`: before or after escapes are decoded and empty segments dropped, past the host,
// behind the `?` of a file, each resolves it otherwise. No server lists such URIs.
bool ReadsAlike(absl::string_view uri);

// Writes the normal form of `uri` to `*out`; what has no scheme stays as it is.
void NormalUri(absl::string_view uri, std::string* out);

enum class PlainForm : uint8_t {
  kSame,        // it is the normal form
  kDecoded,     // other letters: rules that allow are written in either, so only a denial counts
  kMoved,       // it may mean another place: it must be allowed as well
  kUnreadable,  // readers differ on where the host leads: not plain ASCII, or odd numbers
};

// Writes the plain form of `normal`, a normal form, to `*out`.
PlainForm PlainUri(absl::string_view normal, std::string* out);

// A further form of a URI, and what is needed of it.
struct ResourceForm {
  std::string uri;
  Need need = Need::kAllowed;
};

// Appends the forms under which a resource is decided besides its URI as it came. Returns why it
// cannot be decided at all, since its readers differ on what it means; else nullptr.
const char* AppendFurtherForms(absl::string_view uri, std::vector<ResourceForm>* forms);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_RESOURCE_URI_H_
