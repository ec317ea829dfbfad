#include "common/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/unique_fd.h"

namespace ostiary {
namespace {

// For a file that says nothing of its size, as those of /proc do.
constexpr size_t kLeastRoom = 4000;

absl::Status CannotRead(const std::string& path, int error) {
  return absl::ErrnoToStatus(
      error, absl::StrCat("cannot read ", path,
                          error == ENOENT ? " (create it, or correct the path)" : ""));
}

}  // namespace

absl::StatusOr<std::string> ReadSmallFile(const std::string& path, size_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat info;
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) return CannotRead(path, errno);
  if (!S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is not a regular file; give one"));
  }
  // As much as the file says, at first, and one byte more, which shows whether there was more.
  size_t room = std::max(static_cast<size_t>(info.st_size), kLeastRoom);
  std::string text;
  size_t used = 0;
  while (used <= max_bytes) {
    if (used == text.size()) {
      text.resize(std::min(room, max_bytes) + 1);
      room *= 2;
    }
    const ssize_t got = ::read(fd.get(), text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return CannotRead(path, errno);
    if (got == 0) break;
    used += static_cast<size_t>(got);
  }
  if (used > max_bytes) {
    return absl::OutOfRangeError(
        absl::StrCat(path, " is longer than ", max_bytes, " bytes; is it the right file?"));
  }
  text.resize(used);
  return text;
}

}  // namespace ostiary
