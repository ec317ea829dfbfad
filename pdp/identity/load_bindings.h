// LoadBindings: from the bindings file's text to Bindings, or to what is wrong with it. A pure
// function.
//
//   {"bindings": [
//     {"identity": "spiffe://cluster.local/ns/{namespace}/sa/{name}", "agents":
//     ["{namespace}.{name}"]},
//     {"identity": "system:serviceaccount:agents:researcher", "agents": ["researcher", "batch-*"]},
//     {"identity": "local:unix", "roles": ["admin"]}
//   ]}
//
// As strict as the rules: an unknown or a duplicate key, a wrong type, an empty list are errors,
// each with its place; keys that start with "_" are comments. No bindings at all are a warning:
// nobody may ask for anything then.
#ifndef OSTIARY_PDP_IDENTITY_LOAD_BINDINGS_H_
#define OSTIARY_PDP_IDENTITY_LOAD_BINDINGS_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "pdp/identity/bindings.h"
#include "pdp/policy/issue.h"
#include "pdp/policy/load.h"

namespace ostiary::pdp {

// Each request by an identity that has no binding of its own walks the bindings with captures.
inline constexpr size_t kMaxBindingsWithCaptures = 1000;

struct LoadedBindings {
  std::shared_ptr<const Bindings> bindings;  // nullptr where the issues have an error
  std::vector<Issue> issues;
};

LoadedBindings LoadBindings(const PolicyFile& file, const PolicyLimits& limits = {});

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_LOAD_BINDINGS_H_
