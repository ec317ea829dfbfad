// FileResolver: follows paths to the directory and the name that they mean in the end, opening each
// directory once.
//
// One resolver sees one moment: whatever two paths have in common (their directory, or the target
// of a symlink in it) is opened by the first and shared by the second. Make a new one to look
// again. Not thread-safe.
#ifndef OSTIARY_PDP_RELOAD_FILE_RESOLVER_H_
#define OSTIARY_PDP_RELOAD_FILE_RESOLVER_H_

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/unique_fd.h"

namespace ostiary::pdp {

// A directory, held open (O_PATH). Two with the same `device` and `inode`, both open, are one.
struct OpenDirectory {
  UniqueFd fd;
  dev_t device = 0;
  ino_t inode = 0;
};

enum class Reached : uint8_t { kDirectly, kThroughSymlink };

// Where a path leads: `name` in `directory`, which is no symlink (or was none a moment ago). The
// name may be missing there.
struct ResolvedFile {
  std::shared_ptr<const OpenDirectory> directory;
  std::string name;
  Reached reached = Reached::kDirectly;
};

class FileResolver {
 public:
  // The error names the directory that could not be opened, and says why.
  absl::StatusOr<ResolvedFile> Resolve(const std::string& path);

 private:
  using Key = std::pair<const OpenDirectory*, std::string>;

  absl::StatusOr<std::shared_ptr<const OpenDirectory>> Open(
      const std::shared_ptr<const OpenDirectory>& base, const std::string& path);

  // What was opened, by the directory from which (nullptr: the working directory) and by what path.
  std::map<Key, std::shared_ptr<const OpenDirectory>> opened_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_RELOAD_FILE_RESOLVER_H_
