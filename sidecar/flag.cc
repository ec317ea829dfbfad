#include "sidecar/flag.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"

namespace ostiary::sidecar {

CLI::Validator IsDuration() {
  return CLI::Validator(
      [](const std::string& text) -> std::string {
        absl::Duration duration;
        if (absl::ParseDuration(text, &duration) && duration > absl::ZeroDuration() &&
            duration <= absl::Hours(1)) {
          return "";
        }
        return text + " is not a duration such as 500ms or 2s (up to 1h)";
      },
      "DURATION");
}

bool GivenAsFlag(absl::string_view flag, const Words& words) {
  return std::any_of(
      words.arguments.begin(), words.arguments.end(), [flag](absl::string_view argument) {
        return absl::ConsumePrefix(&argument, "--") && absl::ConsumePrefix(&argument, flag) &&
               (argument.empty() || absl::StartsWith(argument, "="));
      });
}

}  // namespace ostiary::sidecar
