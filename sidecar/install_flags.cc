#include "sidecar/install_flags.h"

#include "absl/status/status.h"

namespace ostiary::sidecar {
namespace {

constexpr char kFooter[] =
    "Exit status: 0 installed, 64 wrong usage, 78 not installed; the folder is as it was then.\n"
    "\n"
    "Example, as the command of an init container:\n"
    "  command: [/ostiary-sidecar, install, /opt/ostiary]";

}  // namespace

InstallFlags::InstallFlags(CLI::App* app) {
  app->add_option("DIR", options_.directory,
                  "The folder that gets this program, as DIR/ostiary-sidecar")
      ->required();
  app->footer(kFooter);
}

absl::StatusOr<InstallOptions> InstallFlags::Options(const Words& words) const {
  if (options_.directory.empty()) return absl::InvalidArgumentError("DIR is empty");
  if (!words.command.empty()) {
    return absl::InvalidArgumentError("install takes no command behind --");
  }
  return options_;
}

}  // namespace ostiary::sidecar
