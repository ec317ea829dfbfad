// DecisionCache: the verdicts of one revision, bounded, the least recently used going first.
//
// It knows nothing of time: whether the verdicts may still be used (the lease) is its owner's to
// check before each Find. One thread. A hit allocates nothing; Insert and eviction take constant
// time.
#ifndef OSTIARY_SIDECAR_CORE_DECISION_CACHE_H_
#define OSTIARY_SIDECAR_CORE_DECISION_CACHE_H_

#include <cstddef>
#include <list>

#include "absl/container/flat_hash_map.h"
#include "sidecar/core/access_view.h"
#include "sidecar/core/decision_source.h"

namespace ostiary::sidecar {

class DecisionCache {
 public:
  // Names longer than this are decided each time anew, so that the memory is bounded in bytes too.
  static constexpr size_t kMaxNameBytes = 1024;

  // `capacity` 0 keeps nothing.
  explicit DecisionCache(size_t capacity) : capacity_(capacity) {}
  DecisionCache(const DecisionCache&) = delete;
  DecisionCache& operator=(const DecisionCache&) = delete;

  // Valid until the next Insert or Clear; nullptr where there is none.
  const Verdict* Find(const AccessView& access);
  // Keeps `verdict`, in place of an earlier one for this access.
  void Insert(const AccessView& access, Verdict verdict);
  // To be called when the revision changes.
  void Clear();

  size_t size() const { return map_.size(); }

 private:
  struct Entry {
    Access access;
    Verdict verdict;
  };
  using Order = std::list<Entry>;

  const size_t capacity_;
  Order order_;  // the most recently used first
  // Keys point into the entries.
  absl::flat_hash_map<AccessView, Order::iterator> map_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CORE_DECISION_CACHE_H_
