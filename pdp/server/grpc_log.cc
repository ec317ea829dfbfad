#include "pdp/server/grpc_log.h"

#include <atomic>
#include <string>

#include "absl/strings/match.h"
#include "google/protobuf/stubs/logging.h"
#include "grpc/support/log.h"

namespace ostiary::pdp {
namespace {

std::atomic<const Log*> destination{nullptr};
std::atomic<void (*)()> listener_lost{nullptr};

void Write(gpr_log_func_args* args) {
  const Log* const log = destination.load(std::memory_order_acquire);
  if (log == nullptr) return;
  if (absl::StartsWith(args->message, "Failed accept4:")) {
    if (void (*const lost)() = listener_lost.exchange(nullptr)) lost();
  }
  log->Warning("grpc",
               {{"message", args->message}, {"file", args->file}, {"line", int{args->line}}});
}

void WriteProtobuf(google::protobuf::LogLevel level, const char* file, int line,
                   const std::string& message) {
  const Log* const log = destination.load(std::memory_order_acquire);
  if (log == nullptr) return;
  log->Write(level == google::protobuf::LOGLEVEL_FATAL ? LogLevel::kError : LogLevel::kDebug,
             "protobuf", {{"message", message}, {"file", file}, {"line", line}});
}

}  // namespace

void RouteGrpcLog(const Log* log) {
  destination.store(log, std::memory_order_release);
  gpr_set_log_function(&Write);
  [[maybe_unused]] static google::protobuf::LogHandler* const before =
      google::protobuf::SetLogHandler(&WriteProtobuf);
}

void OnListenerLost(void (*lost)()) { listener_lost.store(lost); }

}  // namespace ostiary::pdp
