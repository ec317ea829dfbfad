// Log writes one JSON object per line to a file descriptor:
//   {"time":"2026-11-22T10:00:00.123Z","level":"warning","event":"reload_failed","path":"…"}
//
// Lines of several threads never mix: a line of PIPE_BUF bytes or fewer, as nearly all are, goes
// out in one write(2), a longer one in several. A line that cannot be written at once is dropped,
// or cut where it no longer fits: a full disk or a reader that is stuck never changes what is
// decided, nor when, whether or not the descriptor blocks. A pipe or a terminal is opened anew for
// that, through /proc. Where that is not allowed (another user's pipe), a line may wait in one
// case: another writer of the same pipe fills it at that very moment.
#ifndef OSTIARY_COMMON_LOG_H_
#define OSTIARY_COMMON_LOG_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "common/unique_fd.h"

namespace ostiary {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };

// "debug", "info", "warning", "error".
absl::string_view LogLevelName(LogLevel level);

// A field's value: a string, a whole number or a truth value.
class LogValue {
 public:
  // NOLINTBEGIN(google-explicit-constructor): a call reads {{"path", path}, {"line", 3}}.
  LogValue(absl::string_view text);
  LogValue(const char* text);
  LogValue(const std::string& text);
  LogValue(int64_t number);
  LogValue(uint64_t number);
  LogValue(int number);
  LogValue(bool truth);
  // NOLINTEND(google-explicit-constructor)

  // The value as JSON.
  const std::string& json() const { return json_; }

 private:
  std::string json_;
};

using LogFields = std::initializer_list<std::pair<absl::string_view, LogValue>>;

// Thread-safe.
class Log {
 public:
  // `fd` is not owned. Lines below `threshold` are dropped.
  Log(int fd, LogLevel threshold, const Clock& clock);

  // Whether a line of this level is written: worth asking first where its fields cost something and
  // there are many.
  bool Takes(LogLevel level) const { return level >= threshold_; }

  // `event` is a short name in snake_case that programs can match on.
  void Write(LogLevel level, absl::string_view event, LogFields fields = {}) const;

  void Debug(absl::string_view e, LogFields f = {}) const { Write(LogLevel::kDebug, e, f); }
  void Info(absl::string_view e, LogFields f = {}) const { Write(LogLevel::kInfo, e, f); }
  void Warning(absl::string_view e, LogFields f = {}) const { Write(LogLevel::kWarning, e, f); }
  void Error(absl::string_view e, LogFields f = {}) const { Write(LogLevel::kError, e, f); }

 private:
  void Put(std::string line) const;

  const UniqueFd own_;
  const int fd_;  // what is written to: own_ or what was given
  const LogLevel threshold_;
  const Clock& clock_;

  mutable Mutex mutex_;
  // The last line that was begun could not be ended.
  mutable bool is_cut_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace ostiary

#endif  // OSTIARY_COMMON_LOG_H_
