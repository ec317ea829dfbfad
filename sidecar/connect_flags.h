// ConnectFlags: the command line of `ostiary-sidecar connect`. Used as RunFlags is.
#ifndef OSTIARY_SIDECAR_CONNECT_FLAGS_H_
#define OSTIARY_SIDECAR_CONNECT_FLAGS_H_

#include <CLI/CLI.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "sidecar/connect_options.h"
#include "sidecar/flag.h"

namespace ostiary::sidecar {

class ConnectFlags {
 public:
  explicit ConnectFlags(CLI::App* app);
  ConnectFlags(const ConnectFlags&) = delete;
  ConnectFlags& operator=(const ConnectFlags&) = delete;

  // What was asked for, or INVALID_ARGUMENT with the first thing that makes no sense.
  absl::StatusOr<ConnectOptions> Options(const Words& words) const;

 private:
  std::string address_;
  std::string timeout_ = "10s";
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CONNECT_FLAGS_H_
