#include "tests/e2e/tls/load.h"

#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/client_context.h"
#include "ostiary/v1/decision.grpc.pb.h"

namespace ostiary {
namespace {

constexpr uint64_t kFailuresTold = 5;
constexpr std::chrono::milliseconds kPace{5};

void CheckOn(const std::shared_ptr<grpc::Channel>& channel, const char* what, Tally* tally) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + TestProcess::kPatience);
  v1::CheckRequest request;
  request.set_agent("me");
  request.mutable_access()->set_server("toy");
  request.mutable_access()->set_kind(v1::TOOL);
  request.mutable_access()->set_name("read");
  v1::CheckResponse response;
  tally->Asked();
  const grpc::Status status =
      v1::PolicyDecisionService::NewStub(channel)->Check(&context, request, &response);
  if (!status.ok()) {
    tally->Failed(absl::StrCat(what, ": ", status.error_code(), " ", status.error_message()));
  } else if (response.decision().effect() != v1::ALLOW) {
    tally->Failed(absl::StrCat(what, ": ", response.ShortDebugString()));
  }
}

void Call(TestProcess* sidecar, uint64_t id, Tally* tally) {
  tally->Asked();
  sidecar->WriteLine(absl::StrCat(R"({"jsonrpc":"2.0","id":)", id,
                                  R"(,"method":"tools/call","params":{"name":"tool-)", id,
                                  R"(","arguments":{}}})"));
  const std::string mark = absl::StrCat("\"id\":", id, ",");
  while (true) {
    const std::optional<std::string> line = sidecar->ReadLine();
    if (!line.has_value()) return tally->Failed("sidecar: no answer");
    if (!absl::StrContains(*line, mark)) continue;  // a notification
    if (!absl::StrContains(*line, "\"done\"")) tally->Failed(absl::StrCat("sidecar: ", *line));
    return;
  }
}

}  // namespace

std::string AllowingRules() { return R"({"agents": {"me": {"allow": {"servers": ["*"]}}}})"; }

void Tally::Asked() {
  const MutexLock lock(&mutex_);
  ++asked_;
  more_.NotifyAll();
}

bool Tally::AwaitMore(uint64_t count) {
  const MutexLock lock(&mutex_);
  const uint64_t enough = asked_ + count;
  const MonoTime end = Clock::System().Now() + TestProcess::kPatience;
  while (asked_ < enough) {
    if (!more_.WaitUntil(&mutex_, end)) return false;
  }
  return true;
}

void Tally::Failed(const std::string& how) {
  const MutexLock lock(&mutex_);
  if (++failed_ <= kFailuresTold) absl::StrAppend(&failures_, how, "\n");
}

uint64_t Tally::asked() const {
  const MutexLock lock(&mutex_);
  return asked_;
}

uint64_t Tally::failed() const {
  const MutexLock lock(&mutex_);
  return failed_;
}

std::string Tally::failures() const {
  const MutexLock lock(&mutex_);
  return failures_;
}

Load::Load(std::function<void(Tally*)> ask, Tally* tally)
    : thread_([this, ask = std::move(ask), tally] {
        while (Pause()) ask(tally);
      }) {}

Load::~Load() {
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
  }
  stopped_.NotifyAll();
  thread_.join();
}

bool Load::Pause() {
  const MutexLock lock(&mutex_);
  const MonoTime end = Clock::System().Now() + kPace;
  while (!stopping_ && stopped_.WaitUntil(&mutex_, end)) {
  }
  return !stopping_;
}

std::function<void(Tally*)> LastingChecks(const NewChannel& channel) {
  return [channel = channel()](Tally* tally) { CheckOn(channel, "lasting", tally); };
}

std::function<void(Tally*)> FreshChecks(const NewChannel& channel) {
  return [channel](Tally* tally) { CheckOn(channel(), "fresh", tally); };
}

std::function<void(Tally*)> SidecarCalls(const std::vector<std::string>& flags,
                                         std::shared_ptr<TestProcess>* process) {
  std::vector<std::string> words = {SIDECAR, "run", "--agent", "me", "--server", "toy"};
  words.insert(words.end(), flags.begin(), flags.end());
  words.insert(words.end(), {"--", TOY_SERVER});
  const auto sidecar = std::make_shared<TestProcess>(words);
  if (process != nullptr) *process = sidecar;
  sidecar->WriteLine(
      R"({"jsonrpc":"2.0","id":"init","method":"initialize","params":{"protocolVersion":)"
      R"("2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}})");
  sidecar->ReadLine();
  return [sidecar, id = uint64_t{0}](Tally* tally) mutable { Call(sidecar.get(), ++id, tally); };
}

}  // namespace ostiary
