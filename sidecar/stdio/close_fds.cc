#include "sidecar/stdio/close_fds.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/numbers.h"

namespace ostiary::sidecar {
namespace {

// Where nothing tells which there are, those up to here are closed: a limit may be a billion.
constexpr long kMaxTried = 65536;

bool CloseRanges(const std::vector<int>& kept) {
  unsigned first = STDERR_FILENO + 1;
  for (const int fd : kept) {
    const auto number = static_cast<unsigned>(fd);
    if (number > first && ::close_range(first, number - 1, 0) != 0) return false;
    first = std::max(first, number + 1);
  }
  return ::close_range(first, ~0U, 0) == 0;
}

// The descriptors that there are, and maybe some more.
std::vector<int> AllFds() {
  std::vector<int> fds;
  if (DIR* const list = ::opendir("/proc/self/fd"); list != nullptr) {
    while (const dirent* const entry = ::readdir(list)) {
      int fd = -1;
      if (absl::SimpleAtoi(entry->d_name, &fd)) fds.push_back(fd);
    }
    ::closedir(list);
    return fds;
  }
  const long limit = std::min(::sysconf(_SC_OPEN_MAX), kMaxTried);
  for (int fd = 0; fd < limit; ++fd) fds.push_back(fd);
  return fds;
}

}  // namespace

void CloseAllBut(std::vector<int> kept) {
  std::sort(kept.begin(), kept.end());
  if (CloseRanges(kept)) return;
  for (const int fd : AllFds()) {
    if (fd > STDERR_FILENO && !std::binary_search(kept.begin(), kept.end(), fd)) ::close(fd);
  }
}

}  // namespace ostiary::sidecar
