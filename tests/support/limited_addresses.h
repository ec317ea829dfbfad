// LimitedAddresses: while it lives, the process may have so many bytes of addresses more than it
// has, as under `ulimit -v`.
#ifndef OSTIARY_TESTS_SUPPORT_LIMITED_ADDRESSES_H_
#define OSTIARY_TESTS_SUPPORT_LIMITED_ADDRESSES_H_

#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>

#include "gtest/gtest.h"

namespace ostiary {

// The bytes of addresses that the process has.
inline size_t AddressesInUse() {
  size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<size_t>(::getpagesize());
}

class LimitedAddresses {
 public:
  explicit LimitedAddresses(size_t more) {
    EXPECT_EQ(::getrlimit(RLIMIT_AS, &old_), 0);
    const rlimit less = {AddressesInUse() + more, old_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_AS, &less), 0);
  }
  ~LimitedAddresses() { EXPECT_EQ(::setrlimit(RLIMIT_AS, &old_), 0); }
  LimitedAddresses(const LimitedAddresses&) = delete;
  LimitedAddresses& operator=(const LimitedAddresses&) = delete;

 private:
  rlimit old_;
};

}  // namespace ostiary

#endif  // OSTIARY_TESTS_SUPPORT_LIMITED_ADDRESSES_H_
