#include "common/mapped_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace ostiary {

MappedMemory::MappedMemory(size_t size) {
  if (size == 0) return;
  size_ = (size + kHugePage - 1) / kHugePage * kHugePage;
  // Huge pages begin at multiples of their size, so as much more is mapped, and what lies before
  // and behind is given back.
  const size_t mapped = size_ + kHugePage;
  void* const begin =
      ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (begin == MAP_FAILED) throw std::bad_alloc();
  char* const first = static_cast<char*>(begin);
  const size_t before = (kHugePage - reinterpret_cast<uintptr_t>(first) % kHugePage) % kHugePage;
  data_ = first + before;
  if (before > 0) ::munmap(first, before);
  ::munmap(data_ + size_, mapped - before - size_);
  // Refused where the kernel has none; small pages do as well.
  ::madvise(data_, size_, MADV_HUGEPAGE);
}

MappedMemory::~MappedMemory() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace ostiary
