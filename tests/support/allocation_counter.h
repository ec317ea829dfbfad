// Counts every operator new of the program that links allocation_counter.cc, and every malloc and
// its like (those not with AddressSanitizer). Thread-safe.
//
// Such a program is declared with ostiary_allocation_test: ThreadSanitizer brings an operator new
// of its own, so there these programs are left out.
#ifndef OSTIARY_TESTS_SUPPORT_ALLOCATION_COUNTER_H_
#define OSTIARY_TESTS_SUPPORT_ALLOCATION_COUNTER_H_

#include <atomic>
#include <cstddef>

namespace ostiary {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OSTIARY_ADDRESS_SANITIZER 1
#endif
#endif

#if OSTIARY_ADDRESS_SANITIZER
inline constexpr bool kCountsMalloc = false;
#else
inline constexpr bool kCountsMalloc = true;
#endif

extern std::atomic<size_t> allocations;

}  // namespace ostiary

#endif  // OSTIARY_TESTS_SUPPORT_ALLOCATION_COUNTER_H_
