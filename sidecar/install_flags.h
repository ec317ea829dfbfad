// InstallFlags: the command line of `ostiary-sidecar install`. To be used as RunFlags is.
#ifndef OSTIARY_SIDECAR_INSTALL_FLAGS_H_
#define OSTIARY_SIDECAR_INSTALL_FLAGS_H_

#include <CLI/CLI.hpp>

#include "absl/status/statusor.h"
#include "sidecar/flag.h"
#include "sidecar/install/install.h"

namespace ostiary::sidecar {

class InstallFlags {
 public:
  explicit InstallFlags(CLI::App* app);
  InstallFlags(const InstallFlags&) = delete;
  InstallFlags& operator=(const InstallFlags&) = delete;

  // What was asked for, or INVALID_ARGUMENT with the first thing that makes no sense.
  absl::StatusOr<InstallOptions> Options(const Words& words) const;

 private:
  InstallOptions options_;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_INSTALL_FLAGS_H_
