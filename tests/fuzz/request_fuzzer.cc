// What the PDP makes of requests, with no socket between: any bytes as the messages of Check,
// BatchCheck, ListServers and Session, while policies come and go, against the naive evaluator.
//
// The input is a script of steps: one byte that says what, and for messages two bytes of length,
// the lower first, and the message as on the wire.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "grpcpp/test/default_reactor_test_peer.h"
#include "pdp/reload/policy_store.h"
#include "pdp/server/decision_service.h"
#include "tests/fuzz/fuzz_check.h"
#include "tests/fuzz/request_oracle.h"
#include "tests/fuzz/session_stream.h"

namespace ostiary::pdp {
namespace {

constexpr size_t kMaxOpenChecks = 3;
constexpr size_t kMaxHelloBytes = 32;

// No heartbeat comes by itself.
SessionOptions QuietSessions() {
  SessionOptions options;
  options.heartbeat_interval = absl::Hours(1);
  options.max_open_checks = kMaxOpenChecks;
  options.max_hello_field_bytes = kMaxHelloBytes;
  return options;
}

class Pdp {
 public:
  Pdp() = default;
  ~Pdp() { EndSession(); }

  // The next of the policies decides from now on.
  void Publish() {
    store_.Publish(OraclePolicies()[published_++ % OraclePolicies().size()].snapshot, {});
    if (stream_) session_->Wake();
  }

  template <typename Request>
  void Ask(absl::string_view bytes) {
    Request request;
    const bool is_message = request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
    Ask(request, bytes, is_message ? absl::StatusCode::kOk : absl::StatusCode::kInvalidArgument);
  }

  void OpenSession() {
    EndSession();
    if (!sessions_) sessions_.emplace(options_, limits_, store_, Clock::System(), &metrics_);
    session_ = *sessions_->Open({});
    stream_ = std::make_unique<SessionStream>(session_);
    model_ = Model();
  }

  void Send(absl::string_view bytes) {
    if (!stream_ || !stream_->is_reading() || model_.input_ended) return;
    v1::SessionRequest request;
    if (request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      Expect(request);
    } else {
      model_.fault = absl::StatusCode::kInvalidArgument;
    }
    const bool good = model_.fault == absl::StatusCode::kOk;
    const uint64_t hits = metrics_.cache_hits.Read();
    const uint64_t misses = metrics_.cache_misses.Read();
    stream_->Deliver(bytes);
    CheckUsage(hits, good ? request.usage().cache_hits() : 0, metrics_.cache_hits);
    CheckUsage(misses, good ? request.usage().cache_misses() : 0, metrics_.cache_misses);
    CheckEnd();
  }

  void Step(char what) {
    if (!stream_) return;
    switch (what) {
      case 'w':
        if (stream_->is_writing()) Received(stream_->Written());
        break;
      case 'W':
        model_.may_end = true;
        if (stream_->is_writing()) stream_->WriteFails();
        break;
      case 'h':
        if (++model_.beats > 2) model_.may_end |= model_.agent.empty();
        session_->Beat();
        break;
      case 'e':
        model_.input_ended = true;
        if (stream_->is_reading()) stream_->DeliverEnd();
        break;
      case 'x':
        model_.may_end = true;
        stream_->Cancelled();
        break;
      case 'd':
        model_.drains = true;
        session_->End(DrainGate::ShuttingDown());
        break;
      default:
        return;
    }
    CheckEnd();
  }

 private:
  // What the sidecar's end of the session knows.
  struct Model {
    std::string agent;  // empty: no hello yet
    std::deque<v1::SessionCheck> open;
    absl::StatusCode fault = absl::StatusCode::kOk;  // the session must end with it
    bool input_ended = false;
    bool drains = false;
    bool may_end = false;
    int beats = 0;
    v1::Revision revision;  // of the last event
    size_t policy = 0;      // that revision's
  };

  const OraclePolicy* Current() const {
    return published_ == 0 ? nullptr
                           : &OraclePolicies()[(published_ - 1) % OraclePolicies().size()];
  }

  // `fault` is the bytes' own: of being no message, of which `request` then holds a part.
  void Ask(const v1::CheckRequest& request, absl::string_view bytes, absl::StatusCode fault) {
    v1::CheckResponse response;
    if (fault == absl::StatusCode::kOk) fault = AgentFault(request.agent());
    if (fault == absl::StatusCode::kOk && !request.has_access()) {
      fault = absl::StatusCode::kInvalidArgument;
    }
    const auto ask = [&](grpc::CallbackServerContext* context) {
      AskInBytes(&DecisionService::Check, context, bytes, &response);
    };
    if (Answered(ask, request, fault, AccessFault(request.access()), &response)) {
      CheckDecision(*Current(), request.agent(), request.access(), response.decision());
    }
  }

  void Ask(const v1::BatchCheckRequest& request, absl::string_view bytes, absl::StatusCode fault) {
    v1::BatchCheckResponse response;
    if (fault == absl::StatusCode::kOk) fault = AgentFault(request.agent());
    const auto ask = [&](grpc::CallbackServerContext* context) {
      AskInBytes(&DecisionService::BatchCheck, context, bytes, &response);
    };
    if (Answered(ask, request, fault, AccessesFault(request.accesses()), &response)) {
      CheckDecisions(*Current(), request.agent(), request.accesses(), response.decisions());
    }
  }

  void Ask(const v1::ListServersRequest& request, absl::string_view /*bytes*/,
           absl::StatusCode fault) {
    if (fault != absl::StatusCode::kOk) return;  // gRPC's affair
    v1::ListServersResponse response;
    const auto ask = [&](grpc::CallbackServerContext* context) {
      service_.ListServers(context, &request, &response);
    };
    if (!Answered(ask, request, AgentFault(request.agent()), absl::StatusCode::kOk, &response)) {
      return;
    }
    std::string listed;
    for (const v1::Server& server : response.servers()) listed += server.name() + " ";
    std::string wanted;
    for (const char* const server : {"other", "s1", "s2"}) {
      const auto decision = Current()->reference.Decide(request.agent(), server, "SERVER", "");
      if (decision.effect == "ALLOW") wanted += std::string(server) + " ";
    }
    OSTIARY_FUZZ_CHECK(listed == wanted, request.agent() + ": " + listed + "wanted " + wanted);
  }

  template <typename Method, typename Response>
  void AskInBytes(Method method, grpc::CallbackServerContext* context, absl::string_view bytes,
                  Response* response) {
    grpc::ByteBuffer in;
    SetBytes(bytes, &in);
    grpc::ByteBuffer out;
    (service_.*method)(context, &in, &out);
    OSTIARY_FUZZ_CHECK(!out.Valid() || ReadMessage(out, response).ok(), "an unreadable answer");
  }

  // Asks and checks the status: of the request's own fault, else of there being no policy, else of
  // the accesses' fault. True where it was decided.
  template <typename Ask, typename Request, typename Response>
  bool Answered(const Ask& ask, const Request& request, absl::StatusCode own,
                absl::StatusCode accesses, const Response* response) {
    absl::StatusCode wanted = own;
    if (wanted == absl::StatusCode::kOk && published_ == 0) {
      wanted = absl::StatusCode::kFailedPrecondition;
    }
    if (wanted == absl::StatusCode::kOk) wanted = accesses;
    grpc::CallbackServerContext context;
    const grpc::testing::DefaultReactorTestPeer peer(&context);
    ask(&context);
    OSTIARY_FUZZ_CHECK(peer.test_status_set(), request.ShortDebugString());
    OSTIARY_FUZZ_CHECK(
        static_cast<int>(peer.test_status().error_code()) == static_cast<int>(wanted),
        request.ShortDebugString() + ": " + peer.test_status().error_message());
    if (wanted != absl::StatusCode::kOk) return false;
    OSTIARY_FUZZ_CHECK(response->revision().generation() == published_, "the present revision");
    CheckOnTheWire(*response);
    return true;
  }

  // A report is counted once, cut where it is absurd, and the sum never goes back.
  static void CheckUsage(uint64_t before, uint64_t reported, const CacheUsageCount& count) {
    const uint64_t counted = std::min(reported, CacheUsageCount::kMostOfReport);
    OSTIARY_FUZZ_CHECK(count.Read() == std::min(before + counted, CacheUsageCount::kMost),
                       "a report of a cache's usage is counted wrong");
  }

  // What must become of a message of the sidecar.
  void Expect(const v1::SessionRequest& request) {
    const auto fail = [this](absl::StatusCode code) {
      if (model_.fault == absl::StatusCode::kOk) model_.fault = code;
    };
    const bool greeted = !model_.agent.empty();
    if (request.message_case() == v1::SessionRequest::MESSAGE_NOT_SET ||
        request.has_hello() == greeted) {
      fail(absl::StatusCode::kInvalidArgument);
    } else if (request.has_hello()) {
      const v1::SessionHello& hello = request.hello();
      fail(AgentFault(hello.agent()));
      for (const std::string* field :
           {&hello.sidecar_id(), &hello.agent(), &hello.server(), &hello.version()}) {
        if (field->size() > kMaxHelloBytes) fail(absl::StatusCode::kResourceExhausted);
      }
      model_.agent = hello.agent();
    } else if (request.has_check()) {
      model_.open.push_back(request.check());
    } else if (request.applied().epoch().size() > kMaxHelloBytes ||
               request.applied().digest().size() > kMaxHelloBytes) {
      fail(absl::StatusCode::kResourceExhausted);
    }
  }

  // What the sidecar got.
  void Received(const v1::SessionResponse& response) {
    CheckOnTheWire(response);
    if (response.has_event()) {
      model_.policy = static_cast<size_t>(response.event().revision().generation());
      const bool is_first = model_.revision.generation() == 0;
      const bool is_new = model_.revision.generation() != model_.policy;
      const v1::EventKind wanted = is_first ? v1::CURRENT : is_new ? v1::CHANGED : v1::HEARTBEAT;
      OSTIARY_FUZZ_CHECK(response.event().kind() == wanted, response.ShortDebugString());
      OSTIARY_FUZZ_CHECK(model_.policy >= model_.revision.generation(), "a revision of the past");
      model_.revision = response.event().revision();
      return;
    }
    OSTIARY_FUZZ_CHECK(response.has_result() && !model_.open.empty(), response.ShortDebugString());
    const v1::SessionResult& result = response.result();
    const v1::SessionCheck check = model_.open.front();
    model_.open.pop_front();
    OSTIARY_FUZZ_CHECK(result.id() == check.id(), "answers in the order of the checks");
    if (model_.policy == 0) {
      CheckError(result, absl::StatusCode::kFailedPrecondition);
    } else if (const auto fault = AccessesFault(check.accesses()); fault != absl::StatusCode::kOk) {
      CheckError(result, fault);
    } else {
      OSTIARY_FUZZ_CHECK(!result.has_error(), result.ShortDebugString());
      OSTIARY_FUZZ_CHECK(
          result.revision().SerializeAsString() == model_.revision.SerializeAsString(),
          "a result is of the revision of the last event");
      CheckDecisions(OraclePolicies()[(model_.policy - 1) % OraclePolicies().size()], model_.agent,
                     check.accesses(), result.decisions());
    }
  }

  static void CheckError(const v1::SessionResult& result, absl::StatusCode wanted) {
    OSTIARY_FUZZ_CHECK(result.error().code() == static_cast<int>(wanted),
                       result.ShortDebugString());
    OSTIARY_FUZZ_CHECK(result.decisions().empty(), result.ShortDebugString());
  }

  // The session has ended if it must, and only then; and it reads no more than it may.
  void CheckEnd() {
    const bool ended = stream_->status().has_value();
    if (model_.fault != absl::StatusCode::kOk) {
      OSTIARY_FUZZ_CHECK(ended, "a session that must end goes on");
      const int code = stream_->status()->error_code();
      OSTIARY_FUZZ_CHECK(code == static_cast<int>(model_.fault) || model_.may_end,
                         stream_->status()->error_message());
    }
    OSTIARY_FUZZ_CHECK(!ended || model_.fault != absl::StatusCode::kOk || model_.may_end ||
                           ((model_.input_ended || model_.drains) && model_.open.empty()),
                       "a session ended early: " + stream_->status()->error_message());
    OSTIARY_FUZZ_CHECK(!stream_->is_reading() || ended || model_.open.size() <= kMaxOpenChecks,
                       "more checks are read than may be open");
    if (ended) EndSession();
  }

  // As gRPC ends a stream: what is under way comes back, then all is done.
  void EndSession() {
    if (!stream_) return;
    if (!stream_->status()) stream_->Cancelled();
    if (stream_->is_writing()) stream_->WriteFails();
    OSTIARY_FUZZ_CHECK(stream_->status().has_value(), "a cancelled session goes on");
    if (stream_->is_reading()) stream_->DeliverEnd();
    stream_->Done();
    stream_.reset();
    OSTIARY_FUZZ_CHECK(sessions_->Report(1).connected == 0,
                       "a session that is done is still there");
  }

  const SessionOptions options_ = QuietSessions();
  const RequestLimits limits_ = OracleLimits();
  const DrainGate gate_{};
  const CallerGate callers_{nullptr};
  PolicyStore store_{"epoch"};
  std::optional<SessionRegistry> sessions_;  // its thread costs more than most inputs
  Metrics metrics_;
  DecisionService service_{store_, limits_, gate_, callers_, nullptr, Clock::System(), &metrics_};
  size_t published_ = 0;
  Session* session_ = nullptr;
  std::unique_ptr<SessionStream> stream_;
  Model model_;
};

void Run(absl::string_view script) {
  Pdp pdp;
  while (!script.empty()) {
    const char what = script[0];
    script.remove_prefix(1);
    if (what == 'r') {
      pdp.Publish();
    } else if (what == 'o') {
      pdp.OpenSession();
    } else if (absl::string_view("CBLS").find(what) == absl::string_view::npos) {
      pdp.Step(what);
    } else if (script.size() >= 2) {
      const size_t size = static_cast<uint8_t>(script[0]) + 256 * static_cast<uint8_t>(script[1]);
      const absl::string_view bytes = script.substr(2, size);
      script.remove_prefix(2 + bytes.size());
      if (what == 'C') pdp.Ask<v1::CheckRequest>(bytes);
      if (what == 'B') pdp.Ask<v1::BatchCheckRequest>(bytes);
      if (what == 'L') pdp.Ask<v1::ListServersRequest>(bytes);
      if (what == 'S') pdp.Send(bytes);
    }
  }
}

}  // namespace
}  // namespace ostiary::pdp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ostiary::pdp::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
