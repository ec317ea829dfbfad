// Base64url as RFC 7515 has it, read strictly: one text for one value. Pure functions.
#ifndef OSTIARY_PDP_IDENTITY_BASE64URL_H_
#define OSTIARY_PDP_IDENTITY_BASE64URL_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace ostiary::pdp {

// The bytes; nullopt for padding, blanks, characters of another alphabet, a length that no bytes
// have, and bits that are left over and not zero.
std::optional<std::string> DecodeBase64Url(absl::string_view text);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_BASE64URL_H_
