// ServeOptions: what `ostiary-sidecar serve` is to do. ServeFlags reads it from the command line.
#ifndef OSTIARY_SIDECAR_SERVE_OPTIONS_H_
#define OSTIARY_SIDECAR_SERVE_OPTIONS_H_

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "sidecar/run_options.h"

namespace ostiary::sidecar {

struct ServeOptions {
  RunOptions run;  // for every session
  std::string path;
  mode_t socket_mode = 0660;
  // Who may connect, by the user's number; empty: our own user.
  std::vector<uid_t> allowed_uids;
  size_t max_connections = 16;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_SERVE_OPTIONS_H_
