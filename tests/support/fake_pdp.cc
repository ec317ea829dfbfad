#include "tests/support/fake_pdp.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

namespace ostiary {

std::optional<v1::SessionRequest> FakeSession::Read() {
  v1::SessionRequest request;
  if (!stream_.Read(&request)) return std::nullopt;
  return request;
}

v1::SessionCheck FakeSession::ReadCheck() {
  while (std::optional<v1::SessionRequest> request = Read()) {
    if (request->has_check()) return request->check();
  }
  return {};
}

void FakeSession::AwaitEnd() {
  while (Read().has_value()) {
  }
}

void FakeSession::Write(const v1::SessionResponse& response) { stream_.Write(response); }

void FakeSession::Event(v1::EventKind kind, const v1::Revision& revision, MonoDuration lease) {
  v1::SessionResponse response;
  v1::SessionEvent& event = *response.mutable_event();
  event.set_kind(kind);
  *event.mutable_revision() = revision;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(lease);
  event.mutable_lease()->set_seconds(seconds.count());
  event.mutable_lease()->set_nanos(static_cast<int32_t>((lease - seconds).count()));
  Write(response);
}

v1::SessionHello FakeSession::Open(MonoDuration lease) {
  const std::optional<v1::SessionRequest> first = Read();
  Event(v1::CURRENT, TestRevision(1), lease);
  return first.has_value() ? first->hello() : v1::SessionHello();
}

void FakeSession::Answer(const v1::SessionCheck& check, const v1::Revision& revision) {
  v1::SessionResponse response;
  v1::SessionResult& result = *response.mutable_result();
  result.set_id(check.id());
  *result.mutable_revision() = revision;
  for (const v1::Access& access : check.accesses()) {
    *result.add_decisions() = absl::StartsWith(access.name(), "deny")
                                  ? TestDecision(v1::DENY, v1::EXPLICIT_DENY)
                                  : TestDecision(v1::ALLOW, v1::EXPLICIT_ALLOW);
  }
  Write(response);
}

v1::Revision TestRevision(uint64_t generation, const std::string& epoch) {
  v1::Revision revision;
  revision.set_epoch(epoch);
  revision.set_generation(generation);
  revision.set_digest(absl::StrCat("sha256:", generation));
  return revision;
}

v1::Decision TestDecision(v1::Effect effect, v1::Reason reason) {
  v1::Decision decision;
  decision.set_effect(effect);
  decision.set_reason(reason);
  decision.set_message("as the test says");
  decision.mutable_rule()->set_file("rules.json");
  decision.mutable_rule()->set_pointer("/agents/a/allow/tools/s/0");
  decision.mutable_rule()->set_pattern("read_*");
  decision.mutable_rule()->set_line(7);
  decision.mutable_rule()->set_column(11);
  return decision;
}

class FakePdp::Service final : public v1::PolicyDecisionService::Service {
 public:
  explicit Service(Script script) : script_(std::move(script)) {}

  grpc::Status Session(grpc::ServerContext* /*context*/, FakeSession::Stream* stream) override {
    FakeSession session(stream, sessions_++);
    return script_(session);
  }

 private:
  const Script script_;
  std::atomic<int> sessions_{0};
};

FakePdp::FakePdp(const std::string& address, Script script)
    : service_(std::make_unique<Service>(std::move(script))), address_(address) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(service_.get());
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port == 0) {
    std::fprintf(stderr, "FakePdp: cannot listen on %s\n", address.c_str());
    std::abort();
  }
  if (!absl::StartsWith(address, "unix:")) address_ = absl::StrCat("127.0.0.1:", port);
}

FakePdp::~FakePdp() {
  server_->Shutdown(std::chrono::system_clock::time_point());  // a deadline long past: cut
  server_->Wait();
}

FakePdp::Script FakePdp::Answering() {
  return [](FakeSession& session) {
    session.Open();
    for (v1::SessionCheck check = session.ReadCheck(); check.id() != 0;
         check = session.ReadCheck()) {
      session.Answer(check, TestRevision(1));
    }
    return grpc::Status::OK;
  };
}

}  // namespace ostiary
