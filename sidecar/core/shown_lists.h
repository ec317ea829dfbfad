// ShownLists: what the client has been shown of the server's lists, so that after a change of
// policy it is told of exactly those lists that changed.
//
// Kept for each list: the names that came in its pages since the first one was asked for last, and
// whether each was let through. Bounded; a list past the bounds counts as changed by every reload.
// One thread.
#ifndef OSTIARY_SIDECAR_CORE_SHOWN_LISTS_H_
#define OSTIARY_SIDECAR_CORE_SHOWN_LISTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "sidecar/core/access_view.h"
#include "sidecar/core/decision_source.h"
#include "sidecar/core/methods.h"

namespace ostiary::sidecar {

enum class Page : uint8_t { kFirst, kFurther };

class ShownLists {
 public:
  static constexpr size_t kMaxNames = 10'000;
  static constexpr size_t kMaxNameBytes = size_t{1} << 20;

  // A page of `kind` goes to the client: access by access, what was needed of it and whether that
  // was so.
  void Record(ListKind kind, Page page, absl::Span<const Access> accesses,
              absl::Span<const Need> needs, const std::vector<bool>& allowed);

  // All that a list of `group` has shown or hidden, to be decided anew.
  std::vector<NeededAccess> Names(ListGroup group) const;
  // A list of `group` has more than is kept.
  bool overflowed(ListGroup group) const;

  // The decisions under the new policy: whether any differs from what was known. They are known
  // from now on.
  bool Update(ListGroup group, absl::Span<const Access> accesses, const std::vector<bool>& allowed);

 private:
  struct Shown {
    Need need;
    bool allowed;
  };
  struct List {
    AccessKind kind = AccessKind::kTool;
    absl::flat_hash_map<std::string, Shown> names;
    size_t bytes = 0;
    bool overflowed = false;
  };
  absl::Span<const ListKind> KindsOf(ListGroup group) const;

  std::array<List, 4> lists_;  // by ListKind, without tasks
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_SHOWN_LISTS_H_
