#include "tests/support/lock_counter.h"

#include <dlfcn.h>
#include <pthread.h>

#include <cstdlib>

namespace ostiary {

std::atomic<size_t> locks_taken{0};

namespace {

// What `name` would be without this file. Not a static local of the caller's, whose guard may want
// a lock itself.
template <typename Lock>
int CountAndTake(const char* name, std::atomic<int (*)(Lock*)>* library, Lock* lock) {
  ++locks_taken;
  int (*take)(Lock*) = library->load(std::memory_order_relaxed);
  if (take == nullptr) {
    take = reinterpret_cast<int (*)(Lock*)>(::dlsym(RTLD_NEXT, name));
    if (take == nullptr) std::abort();
    library->store(take, std::memory_order_relaxed);
  }
  return take(lock);
}

std::atomic<int (*)(pthread_mutex_t*)> mutex_lock{nullptr};
std::atomic<int (*)(pthread_mutex_t*)> mutex_trylock{nullptr};
std::atomic<int (*)(pthread_rwlock_t*)> rwlock_rdlock{nullptr};
std::atomic<int (*)(pthread_rwlock_t*)> rwlock_wrlock{nullptr};

}  // namespace
}  // namespace ostiary

// A program's own function goes before the C library's of the same name, in all that it links.
extern "C" {

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  return ostiary::CountAndTake("pthread_mutex_lock", &ostiary::mutex_lock, mutex);
}

int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  return ostiary::CountAndTake("pthread_mutex_trylock", &ostiary::mutex_trylock, mutex);
}

int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  return ostiary::CountAndTake("pthread_rwlock_rdlock", &ostiary::rwlock_rdlock, lock);
}

int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  return ostiary::CountAndTake("pthread_rwlock_wrlock", &ostiary::rwlock_wrlock, lock);
}

}  // extern "C"
