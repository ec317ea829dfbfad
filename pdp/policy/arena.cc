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
  const size_t misaligned = reinterpret_cast<uintptr_t>(free_) % alignment;
  const size_t padding = misaligned == 0 ? 0 : alignment - misaligned;
  if (free_ == nullptr || padding + size > free_size_) return AddBlock(size);
  char* result = free_ + padding;
  free_ = result + size;
  free_size_ -= padding + size;
  return result;
}

// Every block is aligned for every type. The rest of the old block is lost: little, since blocks
// grow.
char* Arena::AddBlock(size_t size) {
  const size_t block_size = std::max(size, next_block_size_);
  next_block_size_ = std::min(next_block_size_ * 2, kMaxBlockSize);
  char* block;
  if (block_size < MappedMemory::kHugePage) {
    block = blocks_.emplace_back(new char[block_size]).get();
  } else {
    block = large_blocks_.emplace_back(block_size).data();
  }
  free_ = block + size;
  free_size_ = block_size - size;
  return block;
}

}  // namespace ostiary::pdp
