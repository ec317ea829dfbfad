#include "tests/pdp/server/test_session.h"

#include "grpc/support/time.h"
#include "gtest/gtest.h"
#include "pdp/server/convert.h"

namespace ostiary::pdp {
namespace {

constexpr int kDeadlineSeconds = 60;

}  // namespace

v1::Access ToolAccess(const std::string& server, const std::string& tool) {
  v1::Access access;
  access.set_server(server);
  access.set_kind(v1::TOOL);
  access.set_name(tool);
  return access;
}

TestSession::TestSession(const std::shared_ptr<grpc::Channel>& channel)
    : stub_(v1::PolicyDecisionService::NewStub(channel)) {
  context_.set_deadline(gpr_time_from_seconds(kDeadlineSeconds, GPR_TIMESPAN));
  stream_ = stub_->Session(&context_);
}

TestSession::~TestSession() {
  if (ended_) return;
  Cancel();
  [[maybe_unused]] const absl::Status how = End();
}

bool TestSession::Hello(const std::string& agent, const std::string& sidecar_id) {
  v1::SessionRequest request;
  request.mutable_hello()->set_agent(agent);
  request.mutable_hello()->set_sidecar_id(sidecar_id);
  request.mutable_hello()->set_server("search");
  request.mutable_hello()->set_version("1.2.3");
  return Send(request);
}

void TestSession::Open(const std::string& agent, const std::string& sidecar_id) {
  Hello(agent, sidecar_id);
  ReadEvent(v1::CURRENT);
}

bool TestSession::Check(uint64_t id, const std::vector<v1::Access>& accesses) {
  v1::SessionRequest request;
  request.mutable_check()->set_id(id);
  for (const v1::Access& access : accesses) *request.mutable_check()->add_accesses() = access;
  return Send(request);
}

bool TestSession::Applied(const v1::Revision& revision) {
  v1::SessionRequest request;
  *request.mutable_applied() = revision;
  return Send(request);
}

bool TestSession::Send(const v1::SessionRequest& request) { return stream_->Write(request); }

bool TestSession::Read(v1::SessionResponse* response) { return stream_->Read(response); }

v1::SessionEvent TestSession::ReadEvent(v1::EventKind kind) {
  v1::SessionResponse response;
  do {
    EXPECT_TRUE(Read(&response)) << "the stream ended";
  } while (kind != v1::HEARTBEAT && response.event().kind() == v1::HEARTBEAT);
  EXPECT_TRUE(response.has_event()) << response.DebugString();
  EXPECT_EQ(response.event().kind(), kind) << response.DebugString();
  return response.event();
}

v1::SessionResult TestSession::ReadResult() {
  v1::SessionResponse response;
  while (Read(&response)) {
    if (response.has_event() && response.event().kind() == v1::HEARTBEAT) continue;
    EXPECT_TRUE(response.has_result()) << response.DebugString();
    return response.result();
  }
  ADD_FAILURE() << "the stream ended";
  return {};
}

absl::Status TestSession::End() {
  v1::SessionResponse response;
  while (Read(&response)) {
  }
  ended_ = true;
  return FromGrpcStatus(stream_->Finish());
}

}  // namespace ostiary::pdp
