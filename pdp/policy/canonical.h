// Writing values so that no two different sequences of them give the same bytes, for digests.
#ifndef OSTIARY_PDP_POLICY_CANONICAL_H_
#define OSTIARY_PDP_POLICY_CANONICAL_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace ostiary::pdp {

inline void AppendCanonicalNumber(uint64_t number, std::string* out) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(number >> shift & 0xff));
  }
}

inline void AppendCanonicalText(absl::string_view text, std::string* out) {
  AppendCanonicalNumber(text.size(), out);
  out->append(text.data(), text.size());
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_CANONICAL_H_
