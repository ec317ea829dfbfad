#include "tests/support/allocation_counter.h"

#include <cstdlib>
#include <new>

namespace ostiary {

std::atomic<size_t> allocations{0};
std::atomic<size_t> allocated_bytes{0};

}  // namespace ostiary

void* operator new(size_t size) {
  ++ostiary::allocations;
  ostiary::allocated_bytes += size;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
