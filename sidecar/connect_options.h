// ConnectOptions: what `ostiary-sidecar connect` is to do. ConnectFlags reads it from the command
// line.
#ifndef OSTIARY_SIDECAR_CONNECT_OPTIONS_H_
#define OSTIARY_SIDECAR_CONNECT_OPTIONS_H_

#include <chrono>
#include <string>

#include "common/clock.h"

namespace ostiary::sidecar {

struct ConnectOptions {
  std::string path;
  // How long nobody may answer there.
  MonoDuration timeout = std::chrono::seconds(10);
};

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_CONNECT_OPTIONS_H_
