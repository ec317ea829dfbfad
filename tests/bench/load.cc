#include "tests/bench/load.h"

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <iterator>
#include <optional>

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "ostiary/v1/decision.grpc.pb.h"
#include "tests/bench/measure.h"

namespace ostiary::bench {
namespace {

constexpr char kAgent[] = "bench";

[[noreturn]] void Fail(const std::string& why) {
  std::fprintf(stderr, "the load failed: %s\n", why.c_str());
  std::exit(1);
}

double Microseconds(MonoTime since) { return Nanoseconds(Clock::System().Now() - since) / 1e3; }

void FillAccess(const std::string& tool, v1::Access* access) {
  access->set_server("files");
  access->set_kind(v1::TOOL);
  access->set_name(tool);
}

// The i-th tool of a server with many: no two are alike, all are allowed, by several rules.
std::string Tool(int i) {
  constexpr const char* kVerbs[] = {"list", "stat", "find", "search", "read"};
  return absl::StrCat(kVerbs[i % std::size(kVerbs)], "_file_", i);
}

std::shared_ptr<grpc::ChannelCredentials> Credentials(const Target& target) {
  if (target.authority.empty()) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials({target.authority, target.key, target.certificate});
}

std::shared_ptr<grpc::Channel> Connect(const Target& target) {
  grpc::ChannelArguments args;
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(target.address, Credentials(target), args);
}

// Counts what still runs, so that Stop can wait for it.
class Running {
 public:
  explicit Running(int count) : count_(count) {}
  void EndOne() {
    MutexLock lock(&mutex_);
    if (--count_ == 0) none_.NotifyAll();
  }
  void AwaitNone() {
    MutexLock lock(&mutex_);
    while (count_ > 0) none_.Wait(&mutex_);
  }

 private:
  Mutex mutex_;
  CondVar none_;
  int count_ ABSL_GUARDED_BY(mutex_);
};

class Unary final : public Load {
 public:
  Unary(const Target& target, int in_flight, int batch)
      : stub_(v1::PolicyDecisionService::NewStub(Connect(target))), running_(in_flight) {
    check_.set_agent(kAgent);
    FillAccess("read_file", check_.mutable_access());
    batch_.set_agent(kAgent);
    for (int i = 0; i < batch; ++i) FillAccess(Tool(i), batch_.add_accesses());
    slots_.resize(in_flight);
    for (Slot& slot : slots_) Issue(&slot);
  }

  void Stop() override {
    stopping_ = true;
    running_.AwaitNone();
  }

 private:
  struct Slot {
    std::optional<grpc::ClientContext> context;
    v1::CheckResponse check;
    v1::BatchCheckResponse batch;
    MonoTime start;
  };

  void Issue(Slot* slot) {
    slot->context.emplace();
    slot->start = Clock::System().Now();
    const auto done = [this, slot](const grpc::Status& status) { Done(slot, status); };
    if (batch_.accesses_size() > 0) {
      stub_->async()->BatchCheck(&*slot->context, &batch_, &slot->batch, done);
    } else {
      stub_->async()->Check(&*slot->context, &check_, &slot->check, done);
    }
  }

  void Done(Slot* slot, const grpc::Status& status) {
    const v1::Decision& decision = batch_.accesses_size() > 0 && slot->batch.decisions_size() > 0
                                       ? slot->batch.decisions(0)
                                       : slot->check.decision();
    if (!status.ok() || decision.effect() != v1::ALLOW) Fail(status.error_message());
    if (slot == &slots_.front()) samples_.push_back(Microseconds(slot->start));
    ++ended_;
    if (stopping_) {
      running_.EndOne();
    } else {
      Issue(slot);
    }
  }

  const std::unique_ptr<v1::PolicyDecisionService::Stub> stub_;
  v1::CheckRequest check_;
  v1::BatchCheckRequest batch_;
  std::deque<Slot> slots_;
  std::atomic<bool> stopping_{false};
  Running running_;
};

// One session with a window of checks: each answer lets the next check out.
class Stream final : public grpc::ClientBidiReactor<v1::SessionRequest, v1::SessionResponse> {
 public:
  Stream(const Target& target, int window, std::atomic<uint64_t>* ended,
         std::vector<double>* samples, Running* running)
      : stub_(v1::PolicyDecisionService::NewStub(Connect(target))),
        window_(window),
        ended_(*ended),
        samples_(samples),
        running_(*running) {
    hello_.mutable_hello()->set_sidecar_id("bench");
    hello_.mutable_hello()->set_agent(kAgent);
    hello_.mutable_hello()->set_server("files");
    FillAccess("read_file", request_.mutable_check()->add_accesses());
    stub_->async()->Session(&context_, this);
    StartRead(&response_);
    StartWrite(&hello_);
    StartCall();
  }

  void Stop() { context_.TryCancel(); }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    MutexLock lock(&mutex_);
    if (response_.has_result()) {
      if (response_.result().decisions_size() != 1 ||
          response_.result().decisions(0).effect() != v1::ALLOW) {
        Fail(response_.ShortDebugString());
      }
      if (samples_ != nullptr && window_ == 1) samples_->push_back(Microseconds(start_));
      ++ended_;
      ++due_;
    } else if (response_.event().kind() == v1::CURRENT) {
      due_ = window_;
    }
    StartRead(&response_);
    WriteNext();
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return;
    MutexLock lock(&mutex_);
    writing_ = false;
    WriteNext();
  }
  void OnDone(const grpc::Status& status) override {
    if (status.error_code() != grpc::StatusCode::CANCELLED) Fail(status.error_message());
    running_.EndOne();
  }

  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || due_ == 0) return;
    --due_;
    writing_ = true;
    request_.mutable_check()->set_id(++id_);
    start_ = Clock::System().Now();
    StartWrite(&request_);
  }

  const std::unique_ptr<v1::PolicyDecisionService::Stub> stub_;
  const int window_;
  std::atomic<uint64_t>& ended_;
  std::vector<double>* const samples_;
  Running& running_;
  grpc::ClientContext context_;
  v1::SessionRequest hello_;
  v1::SessionResponse response_;

  Mutex mutex_;
  v1::SessionRequest request_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = true;  // hello
  int due_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t id_ ABSL_GUARDED_BY(mutex_) = 0;
  MonoTime start_ ABSL_GUARDED_BY(mutex_);
};

class Sessions final : public Load {
 public:
  Sessions(const Target& target, int sessions, int in_flight_each) : running_(sessions) {
    for (int i = 0; i < sessions; ++i) {
      streams_.push_back(std::make_unique<Stream>(target, in_flight_each, &ended_,
                                                  i == 0 ? &samples_ : nullptr, &running_));
    }
  }
  void Stop() override {
    for (const std::unique_ptr<Stream>& stream : streams_) stream->Stop();
    running_.AwaitNone();
  }

 private:
  Running running_;
  std::vector<std::unique_ptr<Stream>> streams_;
};

}  // namespace

std::unique_ptr<Load> UnaryLoad(const Target& target, int in_flight, int batch) {
  return std::make_unique<Unary>(target, in_flight, batch);
}

std::unique_ptr<Load> SessionLoad(const Target& target, int sessions, int in_flight_each) {
  return std::make_unique<Sessions>(target, sessions, in_flight_each);
}

}  // namespace ostiary::bench
