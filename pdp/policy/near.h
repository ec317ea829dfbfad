// Near: where something in the same arena is, in half the bytes of a pointer. What a decision reads
// fills fewer lines of the cache so.
#ifndef OSTIARY_PDP_POLICY_NEAR_H_
#define OSTIARY_PDP_POLICY_NEAR_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace ostiary::pdp {

// A distance, so it means something only where it is: to be copied, it is set anew.
template <typename T>
class Near {
 public:
  Near() = default;
  Near(const Near&) = delete;
  Near& operator=(const Near&) = delete;

  // Both lie in one arena, `to` at a multiple of kUnit. nullptr: nowhere.
  void Set(const T* to) {
    distance_ = 0;
    if (to == nullptr) return;
    const auto bytes = reinterpret_cast<intptr_t>(to) - reinterpret_cast<intptr_t>(this);
    const auto distance = static_cast<int32_t>(bytes / kUnit);
    // No arena is as large; a wrong place would decide wrongly.
    if (bytes == 0 || intptr_t{distance} * kUnit != bytes) std::abort();
    distance_ = distance;
  }

  // nullptr where it was set to none.
  const T* get() const { return distance_ == 0 ? nullptr : &**this; }
  // Only where it was set to something.
  const T& operator*() const {
    return *reinterpret_cast<const T*>(reinterpret_cast<intptr_t>(this) +
                                       intptr_t{distance_} * kUnit);
  }
  const T* operator->() const { return &**this; }

 private:
  static constexpr intptr_t kUnit = 4;

  int32_t distance_ = 0;  // from here, in kUnit bytes
};

// As far apart as two things may be.
inline constexpr size_t kNearBytes = size_t{1} << 33;

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_NEAR_H_
