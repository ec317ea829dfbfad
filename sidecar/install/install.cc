#include "sidecar/install/install.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/random.h"
#include "common/status_macros.h"
#include "common/unique_fd.h"

namespace ostiary::sidecar {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;

// What went wrong with errno, and what to do about it.
absl::Status Failure(absl::string_view what, int error) {
  const std::string message = absl::StrCat("cannot install: ", what, ": ", std::strerror(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::FailedPreconditionError(
          absl::StrCat(message, "; give a folder that exists, such as the mount of a volume"));
    case EROFS:
      return absl::FailedPreconditionError(
          absl::StrCat(message, "; mount it writable for this container"));
    case EACCES:
    case EPERM:
      return absl::FailedPreconditionError(
          absl::StrCat(message, "; user ", ::geteuid(), " must be allowed to write there"));
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return absl::ResourceExhaustedError(absl::StrCat(message, "; make more room there"));
    default:
      return absl::UnavailableError(message);
  }
}

// A file without a name of its own yet, beside the one that it becomes. Goes where it is not kept.
class NewFile {
 public:
  NewFile(int directory, absl::string_view shown)
      : directory_(directory),
        name_(absl::StrCat(".", kInstalledName, ".", RandomId())),
        shown_(absl::StrCat(shown, "/", name_)) {}
  ~NewFile() {
    if (fd_.valid() && !kept_) ::unlinkat(directory_, name_.c_str(), 0);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  absl::Status Open() {
    fd_.Reset(::openat(directory_, name_.c_str(),
                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    return fd_.valid() ? absl::OkStatus() : Failure(absl::StrCat("create ", shown_), errno);
  }

  absl::Status Write(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(fd_.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return Failure(absl::StrCat("write ", shown_), errno);
      bytes.remove_prefix(static_cast<size_t>(count));
    }
    return absl::OkStatus();
  }

  // From here on it is what stands under the installed name.
  absl::Status Keep() {
    if (::fchmod(fd_.get(), 0755) != 0) return Failure(absl::StrCat("chmod ", shown_), errno);
    if (::fsync(fd_.get()) != 0) return Failure(absl::StrCat("fsync ", shown_), errno);
    if (::renameat(directory_, name_.c_str(), directory_, kInstalledName) != 0) {
      return Failure(absl::StrCat("rename ", shown_, " to ", kInstalledName), errno);
    }
    kept_ = true;
    return absl::OkStatus();
  }

 private:
  const int directory_;
  const std::string name_;
  const std::string shown_;
  UniqueFd fd_;
  bool kept_ = false;
};

absl::StatusOr<uint64_t> Copy(int source, absl::string_view source_name, NewFile* to) {
  std::vector<char> chunk(kChunkBytes);
  uint64_t bytes = 0;
  while (true) {
    const ssize_t count = ::read(source, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failure(absl::StrCat("read ", source_name), errno);
    if (count == 0) return bytes;
    OSTIARY_RETURN_IF_ERROR(to->Write(absl::string_view(chunk.data(), static_cast<size_t>(count))));
    bytes += static_cast<uint64_t>(count);
  }
}

}  // namespace

absl::StatusOr<Installed> Install(const InstallOptions& options) {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
  return InstallFile("/proc/self/exe", options);
}

absl::StatusOr<Installed> InstallFile(absl::string_view source, const InstallOptions& options) {
  const std::string source_name(source);
  const UniqueFd from(::open(source_name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!from.valid()) {
    return absl::UnavailableError(absl::StrCat("cannot install: open ", source_name, ": ",
                                               std::strerror(errno), "; is /proc mounted?"));
  }
  const UniqueFd directory(::open(options.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return Failure(absl::StrCat("open ", options.directory), errno);

  Installed installed;
  installed.path = absl::StrCat(options.directory, "/", kInstalledName);
  NewFile file(directory.get(), options.directory);
  OSTIARY_RETURN_IF_ERROR(file.Open());
  OSTIARY_ASSIGN_OR_RETURN(installed.bytes, Copy(from.get(), source_name, &file));
  OSTIARY_RETURN_IF_ERROR(file.Keep());
  if (::fsync(directory.get()) != 0)
    return Failure(absl::StrCat("fsync ", options.directory), errno);
  return installed;
}

}  // namespace ostiary::sidecar
