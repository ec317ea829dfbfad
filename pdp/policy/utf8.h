// Characters of a UTF-8 text, of which nothing is assumed.
#ifndef OSTIARY_PDP_POLICY_UTF8_H_
#define OSTIARY_PDP_POLICY_UTF8_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace ostiary::pdp {

struct Utf8Char {
  uint32_t code_point = 0;
  uint32_t size = 0;  // in bytes
};

// A byte that belongs to no character gets a code point of its own past Unicode's last, so that it
// equals no character that a pattern can name.
inline constexpr uint32_t kInvalidByteBase = 0x110000;

// The character that starts at `at`, which is less than the text's size.
Utf8Char CharAt(absl::string_view text, size_t at);

// Whether each of its bytes belongs to a character: what a contract's string can carry.
bool IsUtf8(absl::string_view text);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_UTF8_H_
