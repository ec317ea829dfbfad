#include "pdp/reload/policy_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/unique_fd.h"
#include "pdp/reload/file_resolver.h"

namespace ostiary::pdp {
namespace {

// One file on one attempt. The descriptors stay open until the next attempt has been compared with
// this one: an inode that is held open is not given to another file.
struct FileRead {
  absl::StatusOr<ResolvedFile> where = absl::UnknownError("not tried");
  UniqueFd fd;
  struct stat info = {};
  absl::StatusOr<FileText> text = absl::UnknownError("not tried");
};

struct Attempt {
  FileRead rules;
  std::optional<FileRead> mcp_config;
};

absl::Status WithAdvice(const absl::Status& status) {
  absl::string_view advice;
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      advice = "create it, or correct the path";
      break;
    case absl::StatusCode::kPermissionDenied:
      advice = "let the user that this process runs as read it";
      break;
    case absl::StatusCode::kResourceExhausted:
      advice = "raise this process's limits, or the machine's";
      break;
    default:
      advice = "give the path of a regular file";
  }
  return absl::Status(status.code(), absl::StrCat(status.message(), "; ", advice));
}

bool SameContent(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

absl::StatusOr<UniqueFd> OpenRegular(const ResolvedFile& file, struct stat* info) {
  // O_NONBLOCK: opening a FIFO without a writer returns at once. O_NOFOLLOW: a name that has become
  // a symlink since it was resolved is an error, and the next attempt follows it.
  UniqueFd fd(::openat(file.directory->fd.get(), file.name.c_str(),
                       O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW));
  if (fd.valid() ? ::fstat(fd.get(), info) != 0 : errno != ENXIO) {
    return WithAdvice(absl::ErrnoToStatus(errno, "cannot open the file"));
  }
  // ENXIO is what a socket answers.
  if (!fd.valid() || !S_ISREG(info->st_mode)) {
    return WithAdvice(absl::FailedPreconditionError(
        fd.valid() && S_ISDIR(info->st_mode) ? "is a directory" : "is not a regular file"));
  }
  return fd;
}

absl::StatusOr<FileText> ReadAll(int fd, off_t size_hint, size_t max_bytes) {
  constexpr size_t kChunk = size_t{64} << 10;
  FileText text;
  // One byte more than said, so that the end shows without another round.
  text.Reserve(std::min(max_bytes, static_cast<size_t>(std::max<off_t>(size_hint, 0))) + 1);
  while (true) {
    const absl::Span<char> room = text.room();
    const ssize_t got = ::read(fd, room.data(), room.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return WithAdvice(absl::ErrnoToStatus(errno, "cannot read the file"));
    text.Add(static_cast<size_t>(got));
    if (text.size() > max_bytes) {
      return absl::OutOfRangeError(absl::StrCat("is longer than the limit of ", max_bytes,
                                                " bytes; shorten it, or raise the limit"));
    }
    if (got == 0) return text;
    if (text.room().empty()) text.Reserve(std::min(max_bytes + 1, text.size() * 2 + kChunk));
  }
}

void Resolve(FileResolver& resolver, const std::string& path, FileRead* file) {
  file->where = resolver.Resolve(path);
  if (!file->where.ok()) file->text = WithAdvice(file->where.status());
}

void Open(FileRead* file) {
  if (!file->where.ok()) return;
  absl::StatusOr<UniqueFd> fd = OpenRegular(*file->where, &file->info);
  if (fd.ok()) {
    file->fd = *std::move(fd);
  } else {
    file->text = fd.status();
  }
}

void Read(const ReadOptions& options, FileRead* file) {
  if (!file->fd.valid()) return;
  try {
    file->text = ReadAll(file->fd.get(), file->info.st_size, options.max_file_bytes);
  } catch (const std::bad_alloc&) {
    file->text = WithAdvice(absl::ResourceExhaustedError("there is no memory to read it into"));
  }
}

Attempt ReadOnce(const PolicyPaths& paths, const ReadOptions& options) {
  Attempt attempt;
  FileResolver resolver;
  Resolve(resolver, paths.rules, &attempt.rules);
  if (paths.mcp_config.has_value()) {
    Resolve(resolver, *paths.mcp_config, &attempt.mcp_config.emplace());
    Open(&*attempt.mcp_config);
  }
  Open(&attempt.rules);
  Read(options, &attempt.rules);
  if (options.between_reads) options.between_reads();
  if (attempt.mcp_config.has_value()) Read(options, &*attempt.mcp_config);
  return attempt;
}

bool SameDirectory(const FileRead& a, const FileRead& b) {
  if (!a.where.ok() || !b.where.ok()) return a.where.ok() == b.where.ok();
  return a.where->directory->device == b.where->directory->device &&
         a.where->directory->inode == b.where->directory->inode;
}

// Whether what was read is still what the name in its directory stands for.
bool Unchanged(const FileRead& file) {
  struct stat now;
  if (::fstat(file.fd.get(), &now) != 0 || !SameContent(file.info, now)) return false;
  if (::fstatat(file.where->directory->fd.get(), file.where->name.c_str(), &now,
                AT_SYMLINK_NOFOLLOW) != 0) {
    // A directory that a symlink led to may be gone already: that is how a swap cleans up, and both
    // files were open by then.
    return errno == ENOENT && file.where->reached == Reached::kThroughSymlink;
  }
  return SameContent(file.info, now);
}

// Whether a second look agrees with the first. An error counts once two attempts in a row met it in
// the same place: between two revisions a file may be missing for a moment.
bool AtRest(const FileRead& file, const FileRead* previous) {
  if (file.text.ok()) return Unchanged(file);
  return previous != nullptr && previous->text.status().code() == file.text.status().code() &&
         SameDirectory(file, *previous);
}

// Whether both paths still lead where they led. Files that share a directory need no such look.
bool SamePlaces(const PolicyPaths& paths, const Attempt& attempt) {
  if (!attempt.mcp_config.has_value() || SameDirectory(attempt.rules, *attempt.mcp_config)) {
    return true;
  }
  FileResolver resolver;
  FileRead rules;
  FileRead mcp_config;
  Resolve(resolver, paths.rules, &rules);
  Resolve(resolver, *paths.mcp_config, &mcp_config);
  return SameDirectory(rules, attempt.rules) && SameDirectory(mcp_config, *attempt.mcp_config);
}

bool AtRest(const PolicyPaths& paths, const Attempt& attempt,
            const std::optional<Attempt>& previous) {
  if (!AtRest(attempt.rules, previous.has_value() ? &previous->rules : nullptr)) return false;
  if (attempt.mcp_config.has_value() &&
      !AtRest(*attempt.mcp_config, previous.has_value() ? &*previous->mcp_config : nullptr)) {
    return false;
  }
  return SamePlaces(paths, attempt);
}

}  // namespace

PolicyFileContents ReadPolicyFiles(const PolicyPaths& paths, const ReadOptions& options) {
  std::optional<Attempt> previous;
  for (int i = 0; i < std::max(options.max_attempts, 2); ++i) {
    Attempt attempt = ReadOnce(paths, options);
    if (AtRest(paths, attempt, previous)) {
      PolicyFileContents contents{std::move(attempt.rules.text), std::nullopt};
      if (attempt.mcp_config.has_value()) {
        contents.mcp_config = std::move(attempt.mcp_config->text);
      }
      return contents;
    }
    previous = std::move(attempt);
  }
  const absl::Status restless = absl::AbortedError(
      "kept changing while it was read; it is read again after its next change, or now and then: "
      "write a new file and rename it over this one");
  PolicyFileContents contents{restless, std::nullopt};
  if (paths.mcp_config.has_value()) contents.mcp_config = restless;
  return contents;
}

}  // namespace ostiary::pdp
