// Bindings: which agents an identity may speak for, and which roles it has.
//
// Made once by LoadBindings, never changed; any thread may ask. What no binding gives is not
// given: an identity that is unknown, or is none, may do nothing.
#ifndef OSTIARY_PDP_IDENTITY_BINDINGS_H_
#define OSTIARY_PDP_IDENTITY_BINDINGS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "pdp/identity/identity_template.h"

namespace ostiary::pdp {

enum class Role : uint8_t {
  kAdmin,  // may ask the admin service
};

// One entry of the file. Several of one identity add up.
struct Binding {
  IdentityTemplate identity;
  std::vector<AgentTemplate> agents;
  bool is_admin = false;
};

class Bindings {
 public:
  explicit Bindings(std::vector<Binding> bindings);

  // Whether `identity` may speak for `agent`: some binding of the identity names it, byte for byte
  // or by a pattern. Roles give no agent.
  bool MayActAs(absl::string_view identity, absl::string_view agent) const;
  bool HasRole(absl::string_view identity, Role role) const;

  size_t size() const { return rows_.size(); }

 private:
  struct Row {
    IdentityTemplate identity;
    // Those that are one name; the rest, which are walked.
    absl::flat_hash_set<std::string> names;
    std::vector<AgentTemplate> templates;
    bool is_admin = false;
  };

  // Calls `visit(row, captured)` for each binding of the identity until it returns true; whether
  // one did.
  template <typename Visit>
  bool AnyOf(absl::string_view identity, Visit visit) const;

  std::vector<Row> rows_;
  // By whole identities; those with captures are walked.
  absl::flat_hash_map<std::string, std::vector<size_t>> exact_;
  std::vector<size_t> with_captures_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_IDENTITY_BINDINGS_H_
