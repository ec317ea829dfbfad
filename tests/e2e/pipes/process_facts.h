// What /proc tells of a process: memory, descriptors, its children.
#ifndef OSTIARY_TESTS_E2E_PIPES_PROCESS_FACTS_H_
#define OSTIARY_TESTS_E2E_PIPES_PROCESS_FACTS_H_

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/support/sanitized.h"

namespace ostiary {

// Bytes: VmHWM, the most that was ever resident, and VmRSS, what is now.
size_t MostResident(pid_t pid);
size_t Resident(pid_t pid);
size_t OpenDescriptors(pid_t pid);

struct ChildFacts {
  pid_t pid;
  std::string name;
  char state;  // as in ps: 'Z' is a zombie
};
std::vector<ChildFacts> ChildrenOf(pid_t parent);
// The guards (sidecar/stdio/guard.h) of the sidecar `ancestor`, or of those that it started.
std::vector<ChildFacts> GuardsBelow(pid_t ancestor);

// Under a sanitizer memory is not the product's: figures are printed and not judged.
constexpr bool MemoryCounts() { return !kSanitized; }

// "12.3 MB".
std::string Megabytes(size_t bytes);

}  // namespace ostiary

#endif  // OSTIARY_TESTS_E2E_PIPES_PROCESS_FACTS_H_
