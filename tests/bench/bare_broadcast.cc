// bare_broadcast ADDRESSES...: a streaming service that does nothing but tell: each session hears
// an event of a constant revision at its hello, and on each SIGHUP all sessions hear the next one.
// What it costs is gRPC's own.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/mutex.h"
#include "grpcpp/grpcpp.h"
#include "ostiary/v1/decision.grpc.pb.h"

namespace ostiary::bench {
namespace {

class Broadcast;

class BareSession final : public grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionResponse> {
 public:
  explicit BareSession(Broadcast* broadcast) : broadcast_(*broadcast) { StartRead(&request_); }

  void Tell(uint64_t generation) {
    const MutexLock lock(&mutex_);
    generation_ = std::max(generation_, generation);
    WriteNext();
  }

 private:
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override {
    const MutexLock lock(&mutex_);
    writing_ = false;
    if (ok) WriteNext();
  }
  void OnDone() override;

  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_ || told_ == generation_) return;
    v1::SessionEvent& event = *response_.mutable_event();
    event.set_kind(told_ == 0 ? v1::CURRENT : v1::CHANGED);
    event.mutable_revision()->set_epoch("0123456789abcdef0123456789abcdef");
    event.mutable_revision()->set_generation(generation_);
    event.mutable_revision()->set_digest("sha256:" + std::string(64, '0'));
    event.mutable_lease()->set_seconds(15);
    told_ = generation_;
    writing_ = true;
    StartWrite(&response_);
  }

  Broadcast& broadcast_;
  v1::SessionRequest request_;

  Mutex mutex_;
  v1::SessionResponse response_ ABSL_GUARDED_BY(mutex_);  // gRPC's while writing_
  uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t told_ ABSL_GUARDED_BY(mutex_) = 0;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

class Broadcast final : public v1::PolicyDecisionService::CallbackService {
 public:
  void TellAll() {
    const MutexLock lock(&mutex_);
    ++generation_;
    for (BareSession* session : sessions_) session->Tell(generation_);
  }

  uint64_t generation() {
    const MutexLock lock(&mutex_);
    return generation_;
  }
  void Remove(BareSession* session) {
    const MutexLock lock(&mutex_);
    sessions_.erase(session);
  }

 private:
  grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionResponse>* Session(
      grpc::CallbackServerContext* /*context*/) override {
    auto* const session = new BareSession(this);
    const MutexLock lock(&mutex_);
    sessions_.insert(session);
    return session;
  }

  Mutex mutex_;  // taken before a session's
  uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 1;
  std::unordered_set<BareSession*> sessions_ ABSL_GUARDED_BY(mutex_);
};

void BareSession::OnReadDone(bool ok) {
  if (!ok) {
    const MutexLock lock(&mutex_);
    finished_ = true;
    Finish(grpc::Status::OK);
    return;
  }
  if (request_.has_hello()) Tell(broadcast_.generation());
  StartRead(&request_);
}

void BareSession::OnDone() {
  broadcast_.Remove(this);
  delete this;
}

int Serve(int argc, char** argv) {
  sigset_t hangup;
  sigemptyset(&hangup);
  sigaddset(&hangup, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &hangup, nullptr);
  Broadcast service;
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  int port = 0;
  for (int i = 1; i < argc; ++i) {
    builder.AddListeningPort(argv[i], grpc::InsecureServerCredentials(), &port);
  }
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::fprintf(stderr, "listening on 127.0.0.1:%d\n", port);
  for (int signal = 0; sigwait(&hangup, &signal) == 0;) service.TellAll();
  return 0;
}

}  // namespace
}  // namespace ostiary::bench

int main(int argc, char** argv) {
  // Debian's Abseil follows the order of all locks otherwise, at a cost that grows with them.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return ostiary::bench::Serve(argc, argv);
}
