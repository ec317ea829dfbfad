// AccessView: an Access whose name is elsewhere: the key of the tables that hold decisions.
#ifndef OSTIARY_SIDECAR_CORE_ACCESS_VIEW_H_
#define OSTIARY_SIDECAR_CORE_ACCESS_VIEW_H_

#include <utility>

#include "absl/strings/string_view.h"
#include "sidecar/core/decision_source.h"

namespace ostiary::sidecar {

// Two are equal if kind and name are; the hash takes in the name's length, so no two accesses run
// into one another.
struct AccessView {
  AccessKind kind = AccessKind::kServer;
  absl::string_view name;

  AccessView(AccessKind kind, absl::string_view name) : kind(kind), name(name) {}
  explicit AccessView(const Access& access) : kind(access.kind), name(access.name) {}

  Access Copy() const { return {kind, std::string(name)}; }

  bool operator==(const AccessView&) const = default;
  template <typename H>
  friend H AbslHashValue(H state, const AccessView& view) {
    return H::combine(std::move(state), view.kind, view.name);
  }
};

// What a message needs of an access that it is about.
enum class Need : uint8_t {
  kAllowed,
  kNotDenied,  // no rule denies it: another spelling of what must be allowed
};

struct NeededAccess {
  AccessView access;
  Need need = Need::kAllowed;
};

// Whether `verdict` gives what is needed.
bool Suffices(const Verdict& verdict, Need need);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_ACCESS_VIEW_H_
