#include "tests/support/allocation_counter.h"

#include <cerrno>
#include <cstdlib>
#include <new>

namespace ostiary {

std::atomic<size_t> allocations{0};

}  // namespace ostiary

namespace {

void Count() { ++ostiary::allocations; }

}  // namespace

// AddressSanitizer's own malloc must stay, so with it only operator new counts.
#if OSTIARY_ADDRESS_SANITIZER
namespace {
void* Take(size_t size) { return std::malloc(size); }
}  // namespace
#else
extern "C" {

// The C library's own, by their second names.
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) {
  Count();
  return __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
  Count();
  return __libc_calloc(count, size);
}

void* realloc(void* memory, size_t size) {
  Count();
  return __libc_realloc(memory, size);
}

void* aligned_alloc(size_t alignment, size_t size) {
  Count();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, size_t alignment, size_t size) {
  Count();
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}

}  // extern "C"

namespace {
void* Take(size_t size) { return __libc_malloc(size); }
}  // namespace
#endif

void* operator new(size_t size) {
  Count();
  void* memory = Take(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}
// AddressSanitizer has an operator new[] that would not come by here.
void* operator new[](size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
