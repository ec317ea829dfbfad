// Arena: memory for the many small, immutable parts of a snapshot. They are laid side by side, so a
// decision touches few cache lines, within the reach of a Near, and freed all at once.
//
// Owned by what it feeds (a snapshot). Not thread-safe; what it handed out may be read by any
// thread once it is no longer written. Only for types that need no destructor.
#ifndef OSTIARY_PDP_POLICY_ARENA_H_
#define OSTIARY_PDP_POLICY_ARENA_H_

#include <cstddef>
#include <new>
#include <optional>
#include <type_traits>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/reserved_memory.h"

namespace ostiary::pdp {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // One T, whose constructor may be the arena's alone (a friend).
  template <typename T>
  T* NewObject() {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (Allocate(sizeof(T), alignof(T))) T();
  }

  // `count` value-initialised ones.
  template <typename T>
  absl::Span<T> NewArray(size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    T* first = static_cast<T*>(Allocate(count * sizeof(T), alignof(T)));
    for (size_t i = 0; i < count; ++i) new (first + i) T();
    return absl::Span<T>(first, count);
  }

  template <typename T>
  absl::Span<const T> Copy(absl::Span<const T> values) {
    absl::Span<T> copy = NewArray<T>(values.size());
    for (size_t i = 0; i < values.size(); ++i) copy[i] = values[i];
    return copy;
  }

  absl::string_view Copy(absl::string_view text);

  // Last: no more is handed out, and the addresses that were for more are given back.
  void Finish() {
    if (memory_.has_value()) memory_->GiveBackRest();
  }

  // How many bytes were handed out, with those between them.
  size_t used() const { return used_; }

  // Up to so many bytes behind what was handed out may be read: they are the arena's, too.
  static constexpr size_t kReadBehind = 64;

  // Bytes of any content, at an address that is a multiple of `alignment`, a power of two up to
  // that of a line of the cache.
  char* NewBytes(size_t size, size_t alignment) {
    return static_cast<char*>(Allocate(size, alignment));
  }

 private:
  void* Allocate(size_t size, size_t alignment);

  std::optional<ReservedMemory> memory_;  // from the first allocation on
  size_t used_ = 0;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_ARENA_H_
