// Writing values so that no two different sequences of them give the same bytes, for digests.
#ifndef OSTIARY_PDP_POLICY_CANONICAL_H_
#define OSTIARY_PDP_POLICY_CANONICAL_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "pdp/policy/copy_text.h"

namespace ostiary::pdp {

// What a number takes at most; a text takes that and its bytes.
inline constexpr size_t kMaxCanonicalNumber = 10;

// Each of these writes to `out`, where there must be room, and returns the end.

// Seven bits to a byte, the lowest first; all bytes but the last have the eighth set.
inline char* WriteCanonicalNumber(uint64_t number, char* out) {
  for (; number >= 0x80; number >>= 7) *out++ = static_cast<char>(number | 0x80);
  *out++ = static_cast<char>(number);
  return out;
}

inline char* WriteCanonicalText(absl::string_view text, char* out) {
  return CopyText(text, WriteCanonicalNumber(text.size(), out));
}

inline void AppendCanonicalNumber(uint64_t number, std::string* out) {
  char bytes[kMaxCanonicalNumber];
  out->append(bytes, static_cast<size_t>(WriteCanonicalNumber(number, bytes) - bytes));
}

inline void AppendCanonicalText(absl::string_view text, std::string* out) {
  AppendCanonicalNumber(text.size(), out);
  out->append(text.data(), text.size());
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_CANONICAL_H_
