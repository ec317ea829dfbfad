// DirectoryWatch: says that the files at some paths may have changed.
//
// Watches directories with inotify, never files: a file's watch dies with its inode, at the first
// rename over it. For each path every directory on the way is watched, from the root (or the
// working directory) through each symlink to the file, but only for the one name that the way takes
// there. So it also notices a directory that is deleted and made again, one that appears later, a
// parent swapped by a symlink or a rename, and Kubernetes' `..data`. A directory is watched before
// the next name is looked up in it: whatever changes after the look gives an event.
//
// What it cannot notice: a mount over a directory, a change through another hard link, file systems
// that tell nothing. The poll is there for them.
//
// Not thread-safe.
#ifndef OSTIARY_PDP_RELOAD_DIRECTORY_WATCH_H_
#define OSTIARY_PDP_RELOAD_DIRECTORY_WATCH_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/unique_fd.h"

namespace ostiary::pdp {

// One event of inotify(7). The name is a view into the buffer.
struct WatchEvent {
  int watch = -1;
  uint32_t mask = 0;
  absl::string_view name;  // empty where the event is about the directory itself
};

// The events in what was read from an inotify descriptor. Stops at a cut one.
std::vector<WatchEvent> ParseWatchEvents(absl::string_view buffer);

enum class Hint : uint8_t {
  kNone,
  kContent,    // a file may have other bytes
  kStructure,  // a name may stand for something else: the directories are to be traced again
};

class DirectoryWatch {
 public:
  // Watches. kResourceExhausted where the user's inotify instances are used up.
  static absl::StatusOr<std::unique_ptr<DirectoryWatch>> Create(std::vector<std::string> paths);

  // Becomes readable when there are events. Non-blocking.
  int fd() const { return inotify_.get(); }

  // Reads all events that are there; after kStructure the directories have been traced again.
  Hint Drain();

  // What the events say. An overflown queue may have lost any event, so it is kStructure.
  Hint Interpret(absl::Span<const WatchEvent> events) const;

  // Follows the paths anew, watches what is new on the way and lets go what is off it.
  void Trace();

  // Why a directory on the way could not be watched by the last Trace(), and which; OK if all are.
  // Ancestors that this process may not read do not count.
  const absl::Status& status() const { return status_; }

 private:
  using NamesByWatch = std::map<int, std::set<std::string>>;

  DirectoryWatch(std::vector<std::string> paths, UniqueFd inotify);
  void TracePath(const std::string& path, NamesByWatch* names);
  void Watch(const std::string& directory, const std::string& name, bool last, NamesByWatch* names);

  const std::vector<std::string> paths_;
  const UniqueFd inotify_;
  NamesByWatch names_;
  absl::Status status_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_RELOAD_DIRECTORY_WATCH_H_
