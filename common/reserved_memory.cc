#include "common/reserved_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <new>

#include "common/mapped_memory.h"

namespace ostiary {
namespace {

constexpr size_t kHugePage = MappedMemory::kHugePage;
constexpr size_t kFirstSize = size_t{64} << 10;
constexpr size_t kMostStep = size_t{8} << 20;

size_t RoundUp(size_t size, size_t unit) { return (size + unit - 1) / unit * unit; }

}  // namespace

ReservedMemory::ReservedMemory(size_t most) {
  most = RoundUp(std::max(most, kHugePage), kHugePage);
  const size_t wanted = most;
  void* begin = MAP_FAILED;
  for (;; most = RoundUp(most / 2, kHugePage)) {
    // As much more as it takes to begin at a multiple of a huge page.
    mapped_size_ = most + kHugePage;
    begin = ::mmap(nullptr, mapped_size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    if (begin != MAP_FAILED) break;
    if (most <= kHugePage) throw std::bad_alloc();
  }
  mapped_ = static_cast<char*>(begin);
  data_ = mapped_ + (kHugePage - reinterpret_cast<uintptr_t>(mapped_) % kHugePage) % kHugePage;
  // That may have been nearly all that the process may have.
  if (most < wanted) most = RoundUp(most / 2, kHugePage);
  CutTo(data_ + most);
  most_ = most;
}

ReservedMemory::~ReservedMemory() {
  if (mapped_size_ != 0) ::munmap(mapped_, mapped_size_);
}

void ReservedMemory::CutTo(const char* end) {
  const auto size = static_cast<size_t>(end - mapped_);
  if (size == mapped_size_ || ::munmap(mapped_ + size, mapped_size_ - size) != 0) return;
  mapped_size_ = size;
}

void ReservedMemory::GiveBackRest() {
  CutTo(data_ + size_);
  most_ = size_;
}

void ReservedMemory::GrowTo(size_t size) {
  if (size <= size_) return;
  if (size > most_) throw std::bad_alloc();
  // Twice as much, up to a step that is long enough: each is a call of the kernel.
  size_t wanted = std::max({size, kFirstSize, size_ + std::min(size_, kMostStep)});
  wanted = std::min(RoundUp(wanted, wanted > kHugePage ? kHugePage : kFirstSize), most_);
  if (::mprotect(data_ + size_, wanted - size_, PROT_READ | PROT_WRITE) != 0) {
    throw std::bad_alloc();
  }
  if (wanted > kHugePage) {
    const size_t first = std::max(size_, kHugePage);
    // Refused where the kernel has none; small pages do as well.
    ::madvise(data_ + first, wanted - first, MADV_HUGEPAGE);
  }
  size_ = wanted;
}

}  // namespace ostiary
