#include "common/random.h"

#include <sys/random.h>

#include <array>
#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"

namespace ostiary {

std::string RandomId() {
  std::array<char, 16> bytes;
  // So few bytes come whole, and only a kernel older than 3.17 has none. A name that is not random
  // could be taken for another's, so there is no going on without.
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    std::abort();
  }
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

}  // namespace ostiary
