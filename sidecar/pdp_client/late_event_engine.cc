#include "sidecar/pdp_client/late_event_engine.h"

#include <memory>
#include <mutex>
#include <utility>

#include "grpc/event_engine/event_engine.h"

namespace grpc_event_engine::experimental {

// Makes gRPC's own engine. It stands in no public header; with another version the link may fail.
// (CreateEventEngine would call us.)
std::unique_ptr<EventEngine> DefaultEventEngineFactory();

}  // namespace grpc_event_engine::experimental

namespace ostiary::sidecar {
namespace {

using grpc_event_engine::experimental::EndpointConfig;
using grpc_event_engine::experimental::EventEngine;
using grpc_event_engine::experimental::MemoryAllocator;
using grpc_event_engine::experimental::MemoryAllocatorFactory;

// All of it is gRPC's own engine's, made on the way. Any thread.
class LateEventEngine final : public EventEngine {
 public:
  absl::StatusOr<std::unique_ptr<Listener>> CreateListener(
      Listener::AcceptCallback on_accept, absl::AnyInvocable<void(absl::Status)> on_shutdown,
      const EndpointConfig& config, std::unique_ptr<MemoryAllocatorFactory> memory) override {
    return Engine().CreateListener(std::move(on_accept), std::move(on_shutdown), config,
                                   std::move(memory));
  }
  ConnectionHandle Connect(OnConnectCallback on_connect, const ResolvedAddress& address,
                           const EndpointConfig& config, MemoryAllocator memory,
                           Duration timeout) override {
    return Engine().Connect(std::move(on_connect), address, config, std::move(memory), timeout);
  }
  bool CancelConnect(ConnectionHandle handle) override { return Engine().CancelConnect(handle); }
  bool IsWorkerThread() override { return Engine().IsWorkerThread(); }
  std::unique_ptr<DNSResolver> GetDNSResolver(
      const DNSResolver::ResolverOptions& options) override {
    return Engine().GetDNSResolver(options);
  }
  void Run(Closure* closure) override { Engine().Run(closure); }
  void Run(absl::AnyInvocable<void()> closure) override { Engine().Run(std::move(closure)); }
  TaskHandle RunAfter(Duration when, Closure* closure) override {
    return Engine().RunAfter(when, closure);
  }
  TaskHandle RunAfter(Duration when, absl::AnyInvocable<void()> closure) override {
    return Engine().RunAfter(when, std::move(closure));
  }
  bool Cancel(TaskHandle handle) override { return Engine().Cancel(handle); }

 private:
  EventEngine& Engine() {
    std::call_once(
        once_, [this] { engine_ = grpc_event_engine::experimental::DefaultEventEngineFactory(); });
    return *engine_;
  }

  std::once_flag once_;
  std::shared_ptr<EventEngine> engine_;
};

}  // namespace

void StartEventEngineLate() {
  grpc_event_engine::experimental::SetEventEngineFactory(
      [] { return std::make_unique<LateEventEngine>(); });
}

}  // namespace ostiary::sidecar
