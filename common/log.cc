#include "common/log.h"

#include <unistd.h>

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

LogValue::LogValue(absl::string_view text) { AppendJsonString(text, &json_); }
LogValue::LogValue(const char* text) : LogValue(absl::string_view(text)) {}
LogValue::LogValue(const std::string& text) : LogValue(absl::string_view(text)) {}
LogValue::LogValue(int64_t number) : json_(absl::StrCat(number)) {}
LogValue::LogValue(uint64_t number) : json_(absl::StrCat(number)) {}
LogValue::LogValue(int number) : json_(absl::StrCat(number)) {}
LogValue::LogValue(bool truth) : json_(truth ? "true" : "false") {}

Log::Log(int fd, LogLevel threshold, const Clock& clock)
    : fd_(fd), threshold_(threshold), clock_(clock) {}

void Log::Write(LogLevel level, absl::string_view event, LogFields fields) const {
  if (level < threshold_) return;
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
  // Whether it could be written changes nothing that we do.
  [[maybe_unused]] const ssize_t written = ::write(fd_, line.data(), line.size());
}

}  // namespace ostiary
