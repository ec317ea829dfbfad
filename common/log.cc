#include "common/log.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/json/json_write.h"

namespace ostiary {

absl::string_view LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

namespace {

// A description of our own that does not block, for what is a pipe or a terminal: between poll and
// write another writer may take the room that poll saw. Invalid where there is none to be had, as
// for another user's pipe.
UniqueFd OpenAnew(int fd) {
  struct stat about = {};
  if (::fstat(fd, &about) != 0) return UniqueFd();
  if (!S_ISFIFO(about.st_mode) && !S_ISCHR(about.st_mode)) return UniqueFd();
  const std::string path = absl::StrCat("/proc/self/fd/", fd);
  return UniqueFd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

// Writes what can be written without waiting. A description that is shared with others cannot be
// made non-blocking for this program alone: a socket is asked not to wait this once, and anything
// else takes PIPE_BUF bytes at once wherever poll calls it writable.
ssize_t WriteAtOnce(int fd, absl::string_view bytes) {
  const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0 || errno != ENOTSOCK) return sent;
  pollfd slot = {fd, POLLOUT, 0};
  const bool is_writable = ::poll(&slot, 1, 0) == 1 && (slot.revents & POLLOUT) != 0;
  return is_writable ? ::write(fd, bytes.data(), std::min<size_t>(bytes.size(), PIPE_BUF)) : -1;
}

}  // namespace

LogValue::LogValue(absl::string_view text) { AppendJsonString(text, &json_); }
LogValue::LogValue(const char* text) : LogValue(absl::string_view(text)) {}
LogValue::LogValue(const std::string& text) : LogValue(absl::string_view(text)) {}
LogValue::LogValue(int64_t number) : json_(absl::StrCat(number)) {}
LogValue::LogValue(uint64_t number) : json_(absl::StrCat(number)) {}
LogValue::LogValue(int number) : json_(absl::StrCat(number)) {}
LogValue::LogValue(bool truth) : json_(truth ? "true" : "false") {}

Log::Log(int fd, LogLevel threshold, const Clock& clock)
    : own_(OpenAnew(fd)),
      fd_(own_.valid() ? own_.get() : fd),
      threshold_(threshold),
      clock_(clock) {}

void Log::Write(LogLevel level, absl::string_view event, LogFields fields) const {
  if (!Takes(level)) return;
  std::string line =
      absl::StrCat("{\"time\":\"",
                   absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", clock_.WallNow(), absl::UTCTimeZone()),
                   "\",\"level\":\"", LogLevelName(level), "\",\"event\":");
  AppendJsonString(event, &line);
  for (const auto& [key, value] : fields) {
    line += ',';
    AppendJsonString(key, &line);
    line += ':';
    line += value.json();
  }
  line += "}\n";
  Put(std::move(line));
}

void Log::Put(std::string line) const {
  const MutexLock lock(&mutex_);
  if (is_cut_) line.insert(0, 1, '\n');
  absl::string_view left = line;
  while (!left.empty()) {
    const ssize_t size = WriteAtOnce(fd_, left);
    if (size <= 0) break;
    left.remove_prefix(static_cast<size_t>(size));
  }
  // Whether it could be written changes nothing else that we do.
  const bool is_begun = left.size() < line.size();
  if (is_begun) is_cut_ = !left.empty();
}

}  // namespace ostiary
