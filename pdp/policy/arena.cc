#include "pdp/policy/arena.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace ostiary::pdp {
namespace {

constexpr size_t kMaxBlockSize = size_t{1} << 20;

}  // namespace

absl::string_view Arena::Copy(absl::string_view text) {
  if (text.empty()) return "";
  char* copy = static_cast<char*>(Allocate(text.size(), 1));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

void* Arena::Allocate(size_t size, size_t alignment) {
  const size_t misaligned = reinterpret_cast<uintptr_t>(free_) % alignment;
  const size_t padding = misaligned == 0 ? 0 : alignment - misaligned;
  if (free_ == nullptr || padding + size > free_size_) {
    // new[] aligns for every type that New takes. The rest of the old block is lost: little, since
    // blocks grow.
    const size_t block_size = std::max(size, next_block_size_);
    next_block_size_ = std::min(next_block_size_ * 2, kMaxBlockSize);
    blocks_.emplace_back(new char[block_size]);
    free_ = blocks_.back().get() + size;
    free_size_ = block_size - size;
    return blocks_.back().get();
  }
  char* result = free_ + padding;
  free_ = result + size;
  free_size_ -= padding + size;
  return result;
}

}  // namespace ostiary::pdp
