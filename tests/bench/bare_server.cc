// bare_server ADDRESS...: the decision service without a decision: Check, BatchCheck and Session on
// gRPC's callback API answer a constant of the size of a real answer. What it costs is gRPC's own.
#include <cstdio>
#include <memory>
#include <string>

#include "grpcpp/grpcpp.h"
#include "ostiary/v1/decision.grpc.pb.h"

namespace ostiary::bench {
namespace {

v1::Decision ConstantDecision() {
  v1::Decision decision;
  decision.set_effect(v1::ALLOW);
  decision.set_reason(v1::PATTERN_ALLOW);
  decision.mutable_rule()->set_file("/tmp/ostiary-bench.XXXXXX/rules.json");
  decision.mutable_rule()->set_pointer("/agents/bench/allow/tools/files/4");
  decision.mutable_rule()->set_pattern("read_*");
  decision.mutable_rule()->set_line(4);
  decision.mutable_rule()->set_column(30);
  decision.set_message(
      "Agent \"bench\" may use the tool \"read_file\" of the server \"files\": the allow pattern "
      "\"read_*\" matches.");
  return decision;
}

v1::Revision ConstantRevision() {
  v1::Revision revision;
  revision.set_epoch("0123456789abcdef0123456789abcdef");
  revision.set_generation(1);
  revision.set_digest("sha256:" + std::string(64, '0'));
  return revision;
}

class BareSession final : public grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionResponse> {
 public:
  BareSession() {
    v1::SessionEvent& event = *current_.mutable_event();
    event.set_kind(v1::CURRENT);
    *event.mutable_revision() = ConstantRevision();
    event.mutable_lease()->set_seconds(15);
    *result_.mutable_result()->add_decisions() = ConstantDecision();
    *result_.mutable_result()->mutable_revision() = ConstantRevision();
    StartRead(&request_);
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish(grpc::Status::OK);
      return;
    }
    if (request_.has_check()) {
      result_.mutable_result()->set_id(request_.check().id());
      StartWrite(&result_);
    } else {
      StartWrite(&current_);
    }
  }
  void OnWriteDone(bool ok) override {
    if (ok) {
      StartRead(&request_);
    } else {
      Finish(grpc::Status::OK);
    }
  }
  void OnDone() override { delete this; }

  v1::SessionRequest request_;
  v1::SessionResponse current_;
  v1::SessionResponse result_;
};

class BareService final : public v1::PolicyDecisionService::CallbackService {
  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const v1::CheckRequest* /*request*/,
                                  v1::CheckResponse* response) override {
    *response->mutable_decision() = decision_;
    *response->mutable_revision() = revision_;
    return Done(context);
  }

  grpc::ServerUnaryReactor* BatchCheck(grpc::CallbackServerContext* context,
                                       const v1::BatchCheckRequest* request,
                                       v1::BatchCheckResponse* response) override {
    for (int i = 0; i < request->accesses_size(); ++i) *response->add_decisions() = decision_;
    *response->mutable_revision() = revision_;
    return Done(context);
  }

  grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionResponse>* Session(
      grpc::CallbackServerContext* /*context*/) override {
    return new BareSession;
  }

  static grpc::ServerUnaryReactor* Done(grpc::CallbackServerContext* context) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  const v1::Decision decision_ = ConstantDecision();
  const v1::Revision revision_ = ConstantRevision();
};

int Serve(int argc, char** argv) {
  BareService service;
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
  server->Wait();
  return 0;
}

}  // namespace
}  // namespace ostiary::bench

int main(int argc, char** argv) { return ostiary::bench::Serve(argc, argv); }
