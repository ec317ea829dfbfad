// OSTIARY_FUZZ_CHECK(condition, message): ends the process, and so makes a finding, where
// `condition` does not hold.
#ifndef OSTIARY_TESTS_FUZZ_FUZZ_CHECK_H_
#define OSTIARY_TESTS_FUZZ_FUZZ_CHECK_H_

#include <cstdlib>
#include <iostream>

#define OSTIARY_FUZZ_CHECK(condition, message)                                         \
  do {                                                                                 \
    if (!(condition)) {                                                                \
      std::cerr << __FILE__ << ":" << __LINE__ << ": " #condition << ": " << (message) \
                << std::endl;                                                          \
      std::abort();                                                                    \
    }                                                                                  \
  } while (false)

#endif  // OSTIARY_TESTS_FUZZ_FUZZ_CHECK_H_
