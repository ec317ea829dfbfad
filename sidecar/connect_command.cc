#include "sidecar/connect_command.h"

#include <sysexits.h>

#include <iostream>
#include <memory>
#include <utility>

#include "common/clock.h"
#include "sidecar/socket/connect_loop.h"
#include "sidecar/socket/dial.h"
#include "sidecar/stdio/signals.h"

namespace ostiary::sidecar {
namespace {

int Fail(const absl::Status& status) {
  std::cerr << "ostiary-sidecar: " << status.message() << "\n";
  return EX_UNAVAILABLE;
}

}  // namespace

int Connect(const ConnectOptions& options) {
  const absl::StatusOr<std::unique_ptr<Signals>> signals = Signals::Take();
  if (!signals.ok()) return Fail(signals.status());
  const Clock& clock = Clock::System();
  Dialler dialler(options.path, options.timeout, signals->get(), clock);
  absl::StatusOr<Attachment> attachment = dialler.Dial();
  if (!attachment.ok()) {
    const int status = Fail(attachment.status());
    return dialler.signal().has_value() ? 128 + *dialler.signal() : status;
  }
  const absl::StatusOr<int> status =
      ConnectLoop({}, *std::move(attachment), signals->get(), clock).Run();
  if (!status.ok()) return Fail(status.status());
  if (*status == EX_CONFIG) {
    std::cerr << "ostiary-sidecar: the sidecar could not start the server; its log says why\n";
  }
  return *status;
}

}  // namespace ostiary::sidecar
