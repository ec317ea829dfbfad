#include "pdp/server/grpc_log.h"

#include <atomic>

#include "grpc/support/log.h"

namespace ostiary::pdp {
namespace {

std::atomic<const Log*> destination{nullptr};

void Write(gpr_log_func_args* args) {
  const Log* const log = destination.load(std::memory_order_acquire);
  if (log == nullptr) return;
  log->Warning("grpc",
               {{"message", args->message}, {"file", args->file}, {"line", int{args->line}}});
}

}  // namespace

void RouteGrpcLog(const Log* log) {
  destination.store(log, std::memory_order_release);
  gpr_set_log_function(&Write);
}

}  // namespace ostiary::pdp
