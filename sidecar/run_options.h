// RunOptions: what `ostiary-sidecar run` is to do. RunFlags reads it from the command line.
#ifndef OSTIARY_SIDECAR_RUN_OPTIONS_H_
#define OSTIARY_SIDECAR_RUN_OPTIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "common/log.h"
#include "common/tls/client_options.h"
#include "sidecar/core/enforcer.h"

namespace ostiary::sidecar {

struct RunOptions {
  EnforcerOptions enforcer;
  // Who decides: exactly one of the two.
  std::string pdp;
  ClientTlsOptions pdp_tls;
  std::string rules;
  std::optional<std::string> mcp_config;
  LogLevel log_level = LogLevel::kInfo;
  // Empty: the catalog's command for the server.
  std::vector<std::string> command;
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_RUN_OPTIONS_H_
