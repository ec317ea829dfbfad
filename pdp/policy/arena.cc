#include "pdp/policy/arena.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace ostiary::pdp {
namespace {

// What is behind the used part of the last block is never touched, so it takes no memory.
constexpr size_t kMaxBlockSize = size_t{8} << 20;

}  // namespace

absl::string_view Arena::Copy(absl::string_view text) {
  if (text.empty()) return "";
  char* copy = static_cast<char*>(Allocate(text.size(), 1));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

void* Arena::Allocate(size_t size, size_t alignment) {
  const size_t padding = -reinterpret_cast<uintptr_t>(free_) & (alignment - 1);
  if (free_ == nullptr || padding + size > free_size_) {
    // A block may begin anywhere.
    AddBlock(size + alignment - 1);
    return Allocate(size, alignment);
  }
  char* const result = free_ + padding;
  free_ = result + size;
  free_size_ -= padding + size;
  return result;
}

// A new block with so many bytes at least. The rest of the old block is lost: little, since blocks
// grow.
void Arena::AddBlock(size_t size) {
  const size_t block_size = std::max(size, next_block_size_);
  next_block_size_ = std::min(next_block_size_ * 2, kMaxBlockSize);
  if (block_size < MappedMemory::kHugePage) {
    free_ = blocks_.emplace_back(new char[block_size]).get();
  } else {
    free_ = large_blocks_.emplace_back(block_size).data();
  }
  free_size_ = block_size;
}

}  // namespace ostiary::pdp
