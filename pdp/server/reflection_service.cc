#include "pdp/server/reflection_service.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pdp/server/convert.h"
#include "pdp/server/ended_reactor.h"
#include "pdp/server/reflection_answer.h"

namespace ostiary::pdp {

using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;

// One stream: reads a question, answers it, and only then reads the next.
class ReflectionService::Stream final
    : public grpc::ServerBidiReactor<ServerReflectionRequest, ServerReflectionResponse> {
 public:
  explicit Stream(ReflectionService* service) : service_(service) { StartRead(&request_); }

  void End(const absl::Status& reason) {
    const MutexLock lock(&mutex_);
    EndLocked(reason);
  }

 private:
  void OnReadDone(bool ok) override {
    const MutexLock lock(&mutex_);
    if (!ok) EndLocked(absl::OkStatus());
    if (ended_.has_value()) return;
    response_ = AnswerReflection(request_, service_->services_);
    writing_ = true;
    StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    const MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) EndLocked(absl::CancelledError("the stream broke"));
    if (ended_.has_value()) {
      FinishOnce();
    } else {
      StartRead(&request_);
    }
  }
  void OnCancel() override { End(absl::CancelledError("the caller went away")); }
  void OnDone() override { service_->Remove(this); }  // deletes this

  void EndLocked(const absl::Status& reason) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!ended_.has_value()) ended_ = reason;
    if (!writing_) FinishOnce();
  }
  void FinishOnce() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (std::exchange(finished_, true)) return;
    Finish(ToGrpcStatus(*ended_));
  }

  ReflectionService* const service_;
  ServerReflectionRequest request_;    // gRPC's while it reads
  ServerReflectionResponse response_;  // gRPC's while writing_
  Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> ended_ ABSL_GUARDED_BY(mutex_);  // why
};

ReflectionService::ReflectionService(std::vector<std::string> services, size_t max_streams)
    : services_(std::move(services)), max_streams_(max_streams) {}

ReflectionService::~ReflectionService() = default;

void ReflectionService::Shutdown(const absl::Status& reason) {
  const MutexLock lock(&mutex_);
  shutdown_ = reason;
  for (const auto& [key, stream] : streams_) stream->End(reason);
}

grpc::ServerBidiReactor<ServerReflectionRequest, ServerReflectionResponse>*
ReflectionService::ServerReflectionInfo(grpc::CallbackServerContext* /*context*/) {
  using Ended = EndedReactor<ServerReflectionRequest, ServerReflectionResponse>;
  const MutexLock lock(&mutex_);
  if (!shutdown_.ok()) return new Ended(shutdown_);
  if (streams_.size() >= max_streams_) {
    return new Ended(absl::ResourceExhaustedError(
        absl::StrCat(streams_.size(), " reflection streams are open, as many as may be")));
  }
  auto stream = std::make_unique<Stream>(this);
  Stream* const reactor = stream.get();
  streams_.emplace(reactor, std::move(stream));
  return reactor;
}

void ReflectionService::Remove(Stream* stream) {
  const MutexLock lock(&mutex_);
  streams_.erase(stream);
}

}  // namespace ostiary::pdp
