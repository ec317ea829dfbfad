// ServeFlags: the command line of `ostiary-sidecar serve`: that of `run`, and who may connect.
// Used as RunFlags is.
#ifndef OSTIARY_SIDECAR_SERVE_FLAGS_H_
#define OSTIARY_SIDECAR_SERVE_FLAGS_H_

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sidecar/flag.h"
#include "sidecar/run_flags.h"
#include "sidecar/serve_options.h"

namespace ostiary::sidecar {

class ServeFlags {
 public:
  explicit ServeFlags(CLI::App* app);
  ServeFlags(const ServeFlags&) = delete;
  ServeFlags& operator=(const ServeFlags&) = delete;

  // What was asked for, or INVALID_ARGUMENT with the first thing that makes no sense.
  absl::StatusOr<ServeOptions> Options(const Words& words) const;

 private:
  RunFlags run_;
  std::string listen_;
  std::string socket_mode_ = "0660";
  std::vector<uid_t> allowed_uids_;
  size_t max_connections_ = ServeOptions().max_connections;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_SERVE_FLAGS_H_
