// Random names, from the kernel. Thread-safe.
#ifndef OSTIARY_COMMON_RANDOM_H_
#define OSTIARY_COMMON_RANDOM_H_

#include <string>

namespace ostiary {

// 32 lower-case hex digits that were never given before: for an epoch or an id.
std::string RandomId();

}  // namespace ostiary

#endif  // OSTIARY_COMMON_RANDOM_H_
