// DecisionService: ostiary.v1.PolicyDecisionService on gRPC's callback API.
//
// Everything is answered on gRPC's own threads: a decision takes microseconds and never waits for a
// reload. Each call reads the store once, so one call is one snapshot. Owned by PdpServer, called
// by gRPC from any thread.
#ifndef OSTIARY_PDP_SERVER_DECISION_SERVICE_H_
#define OSTIARY_PDP_SERVER_DECISION_SERVICE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "grpcpp/support/byte_buffer.h"
#include "ostiary/v1/decision.grpc.pb.h"
#include "pdp/metrics/counts.h"
#include "pdp/reload/policy_store.h"
#include "pdp/server/access_validation.h"
#include "pdp/server/caller_gate.h"
#include "pdp/server/drain_gate.h"
#include "pdp/server/session_registry.h"

namespace ostiary::pdp {

// The generated service with Check, BatchCheck and Session as bytes, whose messages this code reads
// and writes itself (answer_bytes.h), and ListServers as messages.
using DecisionServiceBase = v1::PolicyDecisionService::WithRawCallbackMethod_Check<
    v1::PolicyDecisionService::WithRawCallbackMethod_BatchCheck<
        v1::PolicyDecisionService::WithCallbackMethod_ListServers<
            v1::PolicyDecisionService::WithRawCallbackMethod_Session<
                v1::PolicyDecisionService::Service>>>>;

class DecisionService final : public DecisionServiceBase {
 public:
  // All must outlive the service.
  DecisionService(const PolicyStore& store, const RequestLimits& limits, const DrainGate& gate,
                  const CallerGate& callers, SessionRegistry* sessions, const Clock& clock,
                  Metrics* metrics);

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* BatchCheck(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListServers(grpc::CallbackServerContext* context,
                                        const v1::ListServersRequest* request,
                                        v1::ListServersResponse* response) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Session(
      grpc::CallbackServerContext* context) override;

 private:
  absl::Status AnswerCheck(const grpc::ServerContextBase& context, const grpc::ByteBuffer& request,
                           grpc::ByteBuffer* response) const;
  absl::Status AnswerBatch(const grpc::ServerContextBase& context, const grpc::ByteBuffer& request,
                           grpc::ByteBuffer* response) const;
  absl::Status Answer(const grpc::ServerContextBase& context, const v1::ListServersRequest& request,
                      v1::ListServersResponse* response) const;
  // OK where the caller may ask for that agent, and the PDP takes work.
  absl::Status Admit(const grpc::ServerContextBase& context, absl::string_view agent) const;

  const PolicyStore& store_;
  const RequestLimits& limits_;
  const DrainGate& gate_;
  const CallerGate& callers_;
  SessionRegistry* const sessions_;
  const Clock& clock_;
  Metrics* const metrics_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_DECISION_SERVICE_H_
