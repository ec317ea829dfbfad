#include "sidecar/connect_flags.h"

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/status_macros.h"
#include "sidecar/socket/unix_address.h"

namespace ostiary::sidecar {

ConnectFlags::ConnectFlags(CLI::App* app) {
  app->add_option("address", address_, "Where `serve` listens: unix:PATH")
      ->type_name("ADDR")
      ->required();
  AddFlag(app, "connect-timeout", &timeout_,
          "How long to try while nobody answers there; its container may still be starting")
      ->check(IsDuration())
      ->capture_default_str();
}

absl::StatusOr<ConnectOptions> ConnectFlags::Options(const Words& words) const {
  if (!words.command.empty()) {
    return absl::InvalidArgumentError(
        "connect takes no command: it is `serve` that starts the server");
  }
  ConnectOptions options;
  OSTIARY_ASSIGN_OR_RETURN(options.path, ParseUnixAddress(address_));
  absl::Duration timeout;
  if (absl::ParseDuration(timeout_, &timeout)) {
    options.timeout = absl::ToChronoNanoseconds(timeout);
  }
  return options;
}

}  // namespace ostiary::sidecar
