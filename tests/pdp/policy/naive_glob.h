// A glob matcher to compare with: recursive, straight from the page, slow.
#ifndef OSTIARY_TESTS_PDP_POLICY_NAIVE_GLOB_H_
#define OSTIARY_TESTS_PDP_POLICY_NAIVE_GLOB_H_

#include <optional>

#include "absl/strings/string_view.h"

namespace ostiary::pdp {

// Whether the glob `pattern` matches all of `name`; nullopt where the pattern is bad. Takes time
// that grows fast with the number of "*".
std::optional<bool> NaiveGlobMatch(absl::string_view pattern, absl::string_view name);

}  // namespace ostiary::pdp

#endif  // OSTIARY_TESTS_PDP_POLICY_NAIVE_GLOB_H_
