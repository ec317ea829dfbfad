// TestSession: the sidecar's end of a Session, in steps. A step that the PDP does not answer fails
// the test at the deadline of the whole session.
#ifndef OSTIARY_TESTS_PDP_SERVER_TEST_SESSION_H_
#define OSTIARY_TESTS_PDP_SERVER_TEST_SESSION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "ostiary/v1/decision.grpc.pb.h"

namespace ostiary::pdp {

v1::Access ToolAccess(const std::string& server, const std::string& tool);

class TestSession {
 public:
  explicit TestSession(const std::shared_ptr<grpc::Channel>& channel);
  ~TestSession();

  // False where the stream is broken.
  bool Hello(const std::string& agent = "researcher", const std::string& sidecar_id = "sidecar-1");
  // Hello, and the CURRENT event that must answer it.
  void Open(const std::string& agent = "researcher", const std::string& sidecar_id = "sidecar-1");
  bool Check(uint64_t id, const std::vector<v1::Access>& accesses);
  bool Applied(const v1::Revision& revision);
  bool Send(const v1::SessionRequest& request);

  // The next message; false at the end of the stream.
  bool Read(v1::SessionResponse* response);
  // The next message that is no HEARTBEAT (or, for kind HEARTBEAT, simply the next), which must be
  // an event of that kind.
  v1::SessionEvent ReadEvent(v1::EventKind kind);
  // The next message that is no HEARTBEAT, which must be a result.
  v1::SessionResult ReadResult();

  void CloseSending() { stream_->WritesDone(); }
  // How the PDP ended it. Reads what is left.
  absl::Status End();
  void Cancel() { context_.TryCancel(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<v1::PolicyDecisionService::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SessionRequest, v1::SessionResponse>> stream_;
  bool ended_ = false;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_TESTS_PDP_SERVER_TEST_SESSION_H_
