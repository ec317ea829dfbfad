// How a PDP is made sure of, as flags: shared by the subcommands that ask one.
#ifndef OSTIARY_SIDECAR_PDP_FLAGS_H_
#define OSTIARY_SIDECAR_PDP_FLAGS_H_

#include <CLI/CLI.hpp>

#include "common/tls/client_options.h"

namespace ostiary::sidecar {

// `options` is written when `app` parses. Check them with ClientTlsOptions::Validate.
void AddPdpTlsFlags(CLI::App* app, ClientTlsOptions* options);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_PDP_FLAGS_H_
