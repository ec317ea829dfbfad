#include "pdp/reload/file_resolver.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace ostiary::pdp {
namespace {

// What the kernel allows in one path.
constexpr int kMaxSymlinks = 40;

struct SplitPath {
  std::string directory;  // empty where the path has no directory part
  std::string name;
};

SplitPath Split(absl::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos) return {"", std::string(path)};
  if (slash == 0) return {"/", std::string(path.substr(1))};
  return {std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

// The symlink's target; nullopt where `name` is none, or is not there.
std::optional<std::string> ReadLink(const OpenDirectory& directory, const std::string& name) {
  std::array<char, PATH_MAX> target;
  const ssize_t size = ::readlinkat(directory.fd.get(), name.c_str(), target.data(), target.size());
  if (size < 0) return std::nullopt;
  return std::string(target.data(), static_cast<size_t>(size));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const OpenDirectory>> FileResolver::Open(
    const std::shared_ptr<const OpenDirectory>& base, const std::string& path) {
  const bool absolute = path[0] == '/';
  const OpenDirectory* from = absolute ? nullptr : base.get();
  if (auto found = opened_.find({from, path}); found != opened_.end()) return found->second;

  auto directory = std::make_shared<OpenDirectory>();
  directory->fd.Reset(::openat(from == nullptr ? AT_FDCWD : from->fd.get(), path.c_str(),
                               O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct stat info;
  if (!directory->fd.valid() || ::fstat(directory->fd.get(), &info) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open the directory ", path));
  }
  directory->device = info.st_dev;
  directory->inode = info.st_ino;
  // The same directory under another spelling is the same descriptor.
  for (const auto& [key, other] : opened_) {
    if (other->device == directory->device && other->inode == directory->inode) {
      opened_.emplace(Key{from, path}, other);
      return other;
    }
  }
  opened_.emplace(Key{from, path}, directory);
  return directory;
}

absl::StatusOr<ResolvedFile> FileResolver::Resolve(const std::string& path) {
  SplitPath split = Split(path);
  ResolvedFile file;
  OSTIARY_ASSIGN_OR_RETURN(file.directory,
                           Open(nullptr, split.directory.empty() ? "." : split.directory));
  file.name = split.name;
  for (int links = 0; links < kMaxSymlinks; ++links) {
    const std::optional<std::string> target = ReadLink(*file.directory, file.name);
    if (!target.has_value()) return file;
    split = Split(*target);
    if (!split.directory.empty()) {
      OSTIARY_ASSIGN_OR_RETURN(file.directory, Open(file.directory, split.directory));
      file.reached = Reached::kThroughSymlink;
    }
    file.name = split.name;
  }
  return absl::FailedPreconditionError("cannot follow the symlinks: they lead in a circle");
}

}  // namespace ostiary::pdp
