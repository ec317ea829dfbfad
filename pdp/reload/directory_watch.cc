#include "pdp/reload/directory_watch.h"

#include <limits.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace ostiary::pdp {
namespace {

constexpr uint32_t kContentEvents = IN_MODIFY | IN_CLOSE_WRITE;
constexpr uint32_t kStructureEvents =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

// What the kernel allows in one path.
constexpr int kMaxSymlinks = 40;

// Reads of one Drain(), so that a busy directory cannot hold its caller for ever.
constexpr int kMaxReads = 16;

std::string Join(const std::string& directory, const std::string& name) {
  return directory == "/" ? absl::StrCat("/", name) : absl::StrCat(directory, "/", name);
}

// The way that is still to go, from one name to the next.
class Way {
 public:
  explicit Way(absl::string_view path) { Push(path); }

  const std::string& directory() const { return directory_; }
  bool done() const { return names_.empty(); }

  std::string TakeName() {
    std::string name = std::move(names_.front());
    names_.pop_front();
    return name;
  }
  void Enter(const std::string& name) { directory_ = Join(directory_, name); }
  void Push(absl::string_view path) {
    if (path.substr(0, 1) == "/") directory_ = "/";
    std::vector<std::string> names = absl::StrSplit(path, '/', absl::SkipEmpty());
    names_.insert(names_.begin(), names.begin(), names.end());
  }

 private:
  std::string directory_ = ".";
  std::deque<std::string> names_;
};

enum class NodeType : uint8_t { kNothing, kSymlink, kOther };

// What is at `path`, and in `*target` where a symlink there points.
NodeType Look(const std::string& path, std::string* target) {
  std::array<char, PATH_MAX> buffer;
  const ssize_t size = ::readlink(path.c_str(), buffer.data(), buffer.size());
  if (size < 0) return errno == EINVAL ? NodeType::kOther : NodeType::kNothing;
  target->assign(buffer.data(), static_cast<size_t>(size));
  return NodeType::kSymlink;
}

}  // namespace

std::vector<WatchEvent> ParseWatchEvents(absl::string_view buffer) {
  std::vector<WatchEvent> events;
  while (buffer.size() >= sizeof(inotify_event)) {
    inotify_event event;
    std::memcpy(&event, buffer.data(), sizeof(event));
    buffer.remove_prefix(sizeof(event));
    if (event.len > buffer.size()) break;
    const absl::string_view name = buffer.substr(0, event.len);
    events.push_back({event.wd, event.mask, name.substr(0, name.find('\0'))});
    buffer.remove_prefix(event.len);
  }
  return events;
}

absl::StatusOr<std::unique_ptr<DirectoryWatch>> DirectoryWatch::Create(
    std::vector<std::string> paths) {
  UniqueFd inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify.valid()) {
    const int error = errno;
    return absl::ErrnoToStatus(
        error, error == EMFILE ? "cannot watch: no inotify instance or file descriptor left (raise "
                                 "fs.inotify.max_user_instances or the limit of open files)"
                               : "cannot watch");
  }
  auto watch = absl::WrapUnique(new DirectoryWatch(std::move(paths), std::move(inotify)));
  watch->Trace();
  return watch;
}

DirectoryWatch::DirectoryWatch(std::vector<std::string> paths, UniqueFd inotify)
    : paths_(std::move(paths)), inotify_(std::move(inotify)) {}

Hint DirectoryWatch::Drain() {
  Hint hint = Hint::kNone;
  alignas(inotify_event) std::array<char, size_t{64} << 10> buffer;
  for (int i = 0; i < kMaxReads; ++i) {
    const ssize_t size = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    const absl::string_view bytes(buffer.data(), static_cast<size_t>(size));
    hint = std::max(hint, Interpret(ParseWatchEvents(bytes)));
  }
  if (hint == Hint::kStructure) Trace();
  return hint;
}

Hint DirectoryWatch::Interpret(absl::Span<const WatchEvent> events) const {
  Hint hint = Hint::kNone;
  for (const WatchEvent& event : events) {
    if ((event.mask & IN_Q_OVERFLOW) != 0) return Hint::kStructure;
    const auto names = names_.find(event.watch);
    // A watch that the last Trace() let go.
    if (names == names_.end()) continue;
    if (event.name.empty()) return Hint::kStructure;
    if (names->second.count(std::string(event.name)) == 0) continue;
    if ((event.mask & kContentEvents) == 0) return Hint::kStructure;
    hint = Hint::kContent;
  }
  return hint;
}

void DirectoryWatch::Trace() {
  status_ = absl::OkStatus();
  NamesByWatch names;
  for (const std::string& path : paths_) TracePath(path, &names);
  for (const auto& [watch, unused] : names_) {
    // Fails where the directory is gone, and the watch with it.
    if (names.count(watch) == 0) ::inotify_rm_watch(inotify_.get(), watch);
  }
  names_ = std::move(names);
}

void DirectoryWatch::TracePath(const std::string& path, NamesByWatch* names) {
  Way way(path);
  int links = 0;
  while (!way.done()) {
    const std::string name = way.TakeName();
    if (name == ".") continue;
    if (name == "..") {
      // Right as text too: no symlink is left in the directory's path.
      way.Enter(name);
      continue;
    }
    Watch(way.directory(), name, way.done(), names);
    std::string target;
    switch (Look(Join(way.directory(), name), &target)) {
      case NodeType::kNothing:
        return;  // its creation gives an event here
      case NodeType::kSymlink:
        if (++links > kMaxSymlinks) return;
        way.Push(target);
        break;
      case NodeType::kOther:
        way.Enter(name);
        break;
    }
  }
}

void DirectoryWatch::Watch(const std::string& directory, const std::string& name, bool last,
                           NamesByWatch* names) {
  // IN_MASK_ADD: a directory may be on the way of the other path, with other events. Only the one
  // with the file itself tells of writes.
  const uint32_t events = kStructureEvents | (last ? kContentEvents : 0);
  const int watch =
      ::inotify_add_watch(inotify_.get(), directory.c_str(), events | IN_ONLYDIR | IN_MASK_ADD);
  if (watch >= 0) {
    (*names)[watch].insert(name);
    return;
  }
  const int error = errno;
  // Gone since the look: its parent tells. An ancestor that may not be read: the poll does.
  if (error == ENOENT || error == ENOTDIR || (error == EACCES && !last)) return;
  status_.Update(absl::ErrnoToStatus(
      error, absl::StrCat("cannot watch ", directory,
                          error == ENOSPC ? " (raise fs.inotify.max_user_watches)" : "")));
}

}  // namespace ostiary::pdp
