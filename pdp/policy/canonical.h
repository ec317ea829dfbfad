// Writing values so that no two different sequences of them give the same bytes, for digests.
#ifndef OSTIARY_PDP_POLICY_CANONICAL_H_
#define OSTIARY_PDP_POLICY_CANONICAL_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace ostiary::pdp {

// Seven bits to a byte, the lowest first; all bytes but the last have the eighth set.
inline void AppendCanonicalNumber(uint64_t number, std::string* out) {
  for (; number >= 0x80; number >>= 7) out->push_back(static_cast<char>(number | 0x80));
  out->push_back(static_cast<char>(number));
}

inline void AppendCanonicalText(absl::string_view text, std::string* out) {
  AppendCanonicalNumber(text.size(), out);
  out->append(text.data(), text.size());
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_CANONICAL_H_
