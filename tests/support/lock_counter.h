// Counts every lock that the program which links lock_counter.cc takes: std::mutex and
// std::shared_mutex, and so everything that is built on them, in all its threads. Not those that
// the C library takes for itself, and not absl::Mutex, which no code of ours uses. Thread-safe.
//
// Such a program is declared with ostiary_allocation_test, see allocation_counter.h.
#ifndef OSTIARY_TESTS_SUPPORT_LOCK_COUNTER_H_
#define OSTIARY_TESTS_SUPPORT_LOCK_COUNTER_H_

#include <atomic>
#include <cstddef>

namespace ostiary {

extern std::atomic<size_t> locks_taken;

}  // namespace ostiary

#endif  // OSTIARY_TESTS_SUPPORT_LOCK_COUNTER_H_
