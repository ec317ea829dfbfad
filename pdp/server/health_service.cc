#include "pdp/server/health_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pdp/server/convert.h"

namespace ostiary::pdp {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

namespace {

constexpr absl::string_view kLiveness = "liveness";

}  // namespace

// One Watch stream. Holds the latest state only, however slowly it is read.
class HealthService::Watcher final : public grpc::ServerWriteReactor<HealthCheckResponse> {
 public:
  enum class Subject : uint8_t { kKnown, kLiveness, kUnknown };
  Watcher(Subject subject, HealthService* service) : subject_(subject), service_(service) {}

  void Tell(ServingStatus status) {
    const MutexLock lock(&mutex_);
    status_ = subject_ == Subject::kKnown      ? status
              : subject_ == Subject::kLiveness ? HealthCheckResponse::SERVING
                                               : HealthCheckResponse::SERVICE_UNKNOWN;
    Advance();
  }
  void End(const absl::Status& reason) {
    const MutexLock lock(&mutex_);
    ending_ = true;
    reason_ = reason;
    Advance();
  }

 private:
  void OnWriteDone(bool ok) override {
    const MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) ending_ = true;
    Advance();
  }
  void OnCancel() override { End(absl::CancelledError("the watcher went away")); }
  void OnDone() override { service_->Remove(this); }  // deletes this

  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_) return;
    if (status_ != told_) {
      told_ = status_;
      response_.set_status(told_);
      writing_ = true;
      StartWrite(&response_);
    } else if (ending_) {
      finished_ = true;
      Finish(ToGrpcStatus(reason_));
    }
  }

  const Subject subject_;
  HealthService* const service_;
  Mutex mutex_;
  ServingStatus status_ ABSL_GUARDED_BY(mutex_) = HealthCheckResponse::UNKNOWN;
  ServingStatus told_ ABSL_GUARDED_BY(mutex_) = HealthCheckResponse::UNKNOWN;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status reason_ ABSL_GUARDED_BY(mutex_);
  HealthCheckResponse response_;  // gRPC's while writing_
};

HealthService::HealthService(std::vector<std::string> services, size_t max_watches)
    : services_(std::move(services)),
      max_watches_(max_watches),
      status_(HealthCheckResponse::NOT_SERVING) {}

HealthService::~HealthService() = default;

void HealthService::SetStatus(ServingStatus status) {
  const MutexLock lock(&mutex_);
  if (!shutdown_.ok() || status == status_) return;
  status_ = status;
  for (const auto& [key, watcher] : watchers_) watcher->Tell(status);
}

void HealthService::Shutdown(const absl::Status& reason) {
  const MutexLock lock(&mutex_);
  status_ = HealthCheckResponse::NOT_SERVING;
  shutdown_ = reason;
  for (const auto& [key, watcher] : watchers_) {
    watcher->Tell(status_);
    watcher->End(reason);
  }
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  if (!Knows(request->service())) {
    reactor->Finish(ToGrpcStatus(
        absl::NotFoundError(absl::StrCat("there is no service ", request->service()))));
    return reactor;
  }
  {
    const MutexLock lock(&mutex_);
    response->set_status(request->service() == kLiveness ? HealthCheckResponse::SERVING : status_);
  }
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext* /*context*/, const HealthCheckRequest* request) {
  const auto subject = request->service() == kLiveness ? Watcher::Subject::kLiveness
                       : Knows(request->service())     ? Watcher::Subject::kKnown
                                                       : Watcher::Subject::kUnknown;
  auto watcher = std::make_unique<Watcher>(subject, this);
  Watcher* const reactor = watcher.get();
  const MutexLock lock(&mutex_);
  if (watchers_.size() >= max_watches_) {
    reactor->End(absl::ResourceExhaustedError(
        absl::StrCat(watchers_.size(), " watches of the health are open, as many as may be")));
  }
  reactor->Tell(status_);
  if (!shutdown_.ok()) reactor->End(shutdown_);
  watchers_.emplace(reactor, std::move(watcher));
  return reactor;
}

bool HealthService::Knows(const std::string& service) const {
  return service.empty() || service == kLiveness ||
         std::find(services_.begin(), services_.end(), service) != services_.end();
}

void HealthService::Remove(Watcher* watcher) {
  const MutexLock lock(&mutex_);
  watchers_.erase(watcher);
}

}  // namespace ostiary::pdp
