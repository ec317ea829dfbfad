#include "sidecar/stdio/server_run.h"

#include <signal.h>
#include <sysexits.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace ostiary::sidecar {

std::optional<ServerPipes> ServerRun::Start() {
  absl::StatusOr<ServerPipes> pipes = process_.Start();
  if (!pipes.ok()) {
    error_ = std::string(pipes.status().message());
    log_.Error("server_not_started", {{"error", *error_}});
    return std::nullopt;
  }
  started_ = true;
  return *std::move(pipes);
}

void ServerRun::LookForEnd() {
  if (!awaits_end()) return;
  status_ = process_.Ended();
  if (status_.has_value()) log_.Info("server_ended", {{"status", *status_}});
}

std::string ServerRun::WhyGone() const {
  if (failed()) return absl::StrCat("the server could not be started: ", *error_);
  if (!status_.has_value()) return "the server closed its output";
  return *status_ > 128 ? absl::StrCat("the server was ended by signal ", *status_ - 128)
                        : absl::StrCat("the server left with status ", *status_);
}

std::optional<int> ServerRun::ExitStatus() const {
  if (failed()) return EX_CONFIG;
  if (status_.has_value()) return status_;
  // One that is left in the kernel's hands was killed.
  if (started_) return 128 + SIGKILL;
  return std::nullopt;
}

}  // namespace ostiary::sidecar
