#include "pdp/policy/utf8.h"

namespace ostiary::pdp {

Utf8Char CharAt(absl::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(text[i])); };
  const uint32_t lead = byte(at);
  if (lead < 0x80) return {lead, 1};
  const Utf8Char invalid{kInvalidByteBase + lead, 1};
  const uint32_t size = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (size == 0 || text.size() - at < size) return invalid;
  uint32_t code_point = lead & (0x7fu >> size);
  for (uint32_t i = 1; i < size; ++i) {
    const uint32_t next = byte(at + i);
    if ((next & 0xc0) != 0x80) return invalid;
    code_point = code_point << 6 | (next & 0x3f);
  }
  const bool overlong = (size == 3 && code_point < 0x800) || (size == 4 && code_point < 0x10000);
  const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  if (overlong || surrogate || code_point > 0x10ffff) return invalid;
  return {code_point, size};
}

bool IsUtf8(absl::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const Utf8Char next = CharAt(text, at);
    if (next.code_point >= kInvalidByteBase) return false;
    at += next.size;
  }
  return true;
}

}  // namespace ostiary::pdp
