#include "tests/bench/fleet.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "ostiary/v1/decision.grpc.pb.h"
#include "sidecar/pdp_client/channel.h"

namespace ostiary::bench {
namespace {

constexpr MonoDuration kPatience = std::chrono::seconds(60);

// So many connections are opened at once: more would only fill the server's backlog.
constexpr size_t kOpenAtOnce = 200;

[[noreturn]] void Fail(const std::string& why) {
  std::fprintf(stderr, "the fleet failed: %s\n", why.c_str());
  std::exit(1);
}

}  // namespace

// One session, as number `number` of the fleet.
class Fleet::Stream final
    : public grpc::ClientBidiReactor<v1::SessionRequest, v1::SessionResponse> {
 public:
  Stream(v1::PolicyDecisionService::Stub* stub, size_t number, Fleet* fleet)
      : number_(number), fleet_(*fleet) {
    request_.mutable_hello()->set_sidecar_id(absl::StrCat("bench-", number));
    request_.mutable_hello()->set_agent("bench");
    request_.mutable_hello()->set_server("files");
    stub->async()->Session(&context_, this);
    AddHold();
    StartRead(&response_);
    StartWrite(&request_);
    StartCall();
  }

  void End() {
    {
      const MutexLock lock(&mutex_);
      ending_ = true;
    }
    context_.TryCancel();
  }
  void AwaitEnd() {
    const MutexLock lock(&mutex_);
    while (!done_) ended_.Wait(&mutex_);
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) {
      RemoveHold();  // what is written from now on would have no stream
      return;
    }
    const v1::SessionEvent& event = response_.event();
    if (event.kind() != v1::HEARTBEAT) {
      fleet_.Heard(number_, event.revision().generation());
      const MutexLock lock(&mutex_);
      applied_ = event.revision();
      unsent_ = true;
      WriteNext();
    }
    StartRead(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return;
    const MutexLock lock(&mutex_);
    writing_ = false;
    WriteNext();
  }
  void OnDone(const grpc::Status& status) override {
    const MutexLock lock(&mutex_);
    if (!ending_) Fail(absl::StrCat("a session ended: ", status.error_message()));
    done_ = true;
    ended_.NotifyAll();
  }

  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || !unsent_ || ending_) return;
    writing_ = true;
    unsent_ = false;
    *request_.mutable_applied() = applied_;
    StartWrite(&request_);
  }

  const size_t number_;
  Fleet& fleet_;
  grpc::ClientContext context_;
  v1::SessionResponse response_;

  Mutex mutex_;
  CondVar ended_;
  v1::SessionRequest request_ ABSL_GUARDED_BY(mutex_);  // gRPC's while writing_
  v1::Revision applied_ ABSL_GUARDED_BY(mutex_);
  bool unsent_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = true;  // hello
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
};

Fleet::Fleet(const std::string& target, int connections, int streams) {
  const size_t total = static_cast<size_t>(connections) * static_cast<size_t>(streams);
  {
    const MutexLock lock(&mutex_);
    generations_.assign(total, 0);
    awaited_ = 1;
    hearing_.last.resize(total);
    hearing_.events.resize(total);
  }
  for (int connection = 0; connection < connections; ++connection) {
    const auto stub = v1::PolicyDecisionService::NewStub(
        sidecar::NewChannel(target, grpc::InsecureChannelCredentials(), ""));
    for (int i = 0; i < streams; ++i) {
      streams_.push_back(std::make_unique<Stream>(stub.get(), streams_.size(), this));
    }
    const MutexLock lock(&mutex_);
    Await([&] { return arrived_ + kOpenAtOnce > streams_.size() || arrived_ == total; });
  }
  const MutexLock lock(&mutex_);
  Await([&] { return arrived_ == total; });
}

Fleet::~Fleet() {
  for (const auto& stream : streams_) stream->End();
  for (const auto& stream : streams_) stream->AwaitEnd();
}

uint64_t Fleet::newest() {
  const MutexLock lock(&mutex_);
  return hearing_.newest;
}

void Fleet::Forget() {
  const MutexLock lock(&mutex_);
  awaited_ = 0;
  arrived_ = 0;
  heard_ = 0;
  std::fill(hearing_.events.begin(), hearing_.events.end(), 0);
}

void Fleet::AwaitFirst() {
  const MutexLock lock(&mutex_);
  Await([&] { return heard_ > 0; });
}

Hearing Fleet::AwaitAll(uint64_t generation) {
  const MutexLock lock(&mutex_);
  awaited_ = generation;
  arrived_ =
      static_cast<size_t>(std::count_if(generations_.begin(), generations_.end(),
                                        [&](uint64_t present) { return present >= generation; }));
  Await([&] { return arrived_ == generations_.size(); });
  return hearing_;
}

void Fleet::Heard(size_t session, uint64_t generation) {
  const MutexLock lock(&mutex_);
  const MonoTime now = Clock::System().Now();
  if (heard_++ == 0) hearing_.first = now;
  hearing_.last[session] = now;
  ++hearing_.events[session];
  hearing_.newest = std::max(hearing_.newest, generation);
  if (awaited_ > 0 && generations_[session] < awaited_ && generation >= awaited_) ++arrived_;
  generations_[session] = generation;
  if (heard_ == 1 || arrived_ == generations_.size() || arrived_ % kOpenAtOnce == 0) {
    changed_.NotifyAll();
  }
}

template <typename Condition>
void Fleet::Await(Condition done) {
  const MonoTime deadline = Clock::System().Now() + kPatience;
  while (!done()) {
    if (!changed_.WaitUntil(&mutex_, deadline) && Clock::System().Now() >= deadline) {
      Fail(absl::StrCat("only ", arrived_, " of ", generations_.size(), " heard"));
    }
  }
}

}  // namespace ostiary::bench
