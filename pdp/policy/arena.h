// Arena: memory for the many small, immutable parts of a snapshot. They are laid side by side, so a
// decision touches few cache lines, and freed all at once. A large arena lies in huge pages.
//
// Owned by what it feeds (a snapshot). Not thread-safe; what it handed out may be read by any
// thread once it is no longer written. Only for types that need no destructor.
#ifndef OSTIARY_PDP_POLICY_ARENA_H_
#define OSTIARY_PDP_POLICY_ARENA_H_

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/mapped_memory.h"

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

  // Bytes of any content, at an address that is a multiple of `alignment`, a power of two.
  char* NewBytes(size_t size, size_t alignment) {
    return static_cast<char*>(Allocate(size, alignment));
  }

 private:
  void* Allocate(size_t size, size_t alignment);

  void AddBlock(size_t size);

  std::vector<std::unique_ptr<char[]>> blocks_;
  std::vector<MappedMemory> large_blocks_;
  char* free_ = nullptr;
  size_t free_size_ = 0;
  size_t next_block_size_ = 4096;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_ARENA_H_
