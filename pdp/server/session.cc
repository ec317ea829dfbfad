#include "pdp/server/session.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "google/protobuf/message.h"
#include "google/protobuf/unknown_field_set.h"
#include "pdp/server/answer_bytes.h"
#include "pdp/server/call_memory.h"
#include "pdp/server/convert.h"
#include "pdp/server/decide.h"
#include "pdp/server/session_registry.h"

namespace ostiary::pdp {
namespace {

// How many heartbeats may pass before a hello must have come.
constexpr int kBeatsToHello = 2;

absl::Status ValidateSize(absl::string_view field, const std::string& value, size_t limit) {
  if (value.size() <= limit) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat(field, " has ", value.size(), " bytes; at most ", limit, " are allowed"));
}

// Protobuf keeps the fields that it does not know.
size_t UnknownBytes(const google::protobuf::Message& message) {
  return message.GetReflection()->GetUnknownFields(message).SpaceUsedExcludingSelfLong();
}

// What an open check takes, near enough.
size_t MemoryOf(const v1::SessionCheck& check) {
  size_t bytes = sizeof(check) + UnknownBytes(check);
  for (const v1::Access& access : check.accesses()) {
    bytes += sizeof(void*) + sizeof(access) + 2 * sizeof(std::string) + access.server().capacity() +
             access.name().capacity() + UnknownBytes(access);
  }
  return bytes;
}

}  // namespace

Session::Session(uint64_t number, const SessionOptions& options, const RequestLimits& limits,
                 const PolicyStore& store, const Clock& clock, Metrics* metrics, SessionRight right,
                 SessionRegistry* registry)
    : number_(number),
      options_(options),
      limits_(limits),
      store_(store),
      clock_(clock),
      metrics_(metrics),
      registry_(registry),
      right_(std::move(right)) {}

void Session::Start() {
  const MutexLock lock(&mutex_);
  ReadMore();
}

void Session::Wake() {
  const MutexLock lock(&mutex_);
  Advance();
}

void Session::Beat() {
  const MutexLock lock(&mutex_);
  heartbeat_due_ = true;
  if (!agent_.has_value() && ++beats_ > kBeatsToHello) {
    FinishNow(absl::DeadlineExceededError("no hello came: send it as the first message"));
    return;
  }
  Advance();
}

void Session::End(const absl::Status& status) {
  const MutexLock lock(&mutex_);
  if (!ending_.has_value()) ending_ = status;
  Advance();
}

void Session::OnReadDone(bool ok) {
  const MutexLock lock(&mutex_);
  reading_ = false;
  if (!ok) {
    if (!ending_.has_value()) ending_ = absl::OkStatus();
    Advance();
    return;
  }
  if (const absl::Status status = Handle(); !status.ok()) {
    FinishNow(status);
    return;
  }
  Advance();
  ReadMore();
}

void Session::OnWriteDone(bool ok) {
  const MutexLock lock(&mutex_);
  writing_ = false;
  outgoing_.Clear();
  if (!ok) {
    FinishNow(absl::CancelledError("the stream broke"));
    return;
  }
  Advance();
  ReadMore();
}

void Session::OnCancel() {
  const MutexLock lock(&mutex_);
  if (!writing_) FinishNow(absl::CancelledError("the sidecar went away"));
}

void Session::OnDone() {
  {
    const MutexLock lock(&mutex_);
    ReleaseOpenChecks();
  }
  registry_->Remove(number_);  // may delete this
}

absl::Status Session::Handle() {
  v1::SessionRequest message;
  OSTIARY_RETURN_IF_ERROR(ReadMessage(incoming_, &message));
  incoming_.Clear();
  OSTIARY_RETURN_IF_ERROR(HandleMessage(&message));
  if (message.has_usage()) {
    metrics_->cache_hits.Add(message.usage().cache_hits());
    metrics_->cache_misses.Add(message.usage().cache_misses());
  }
  return absl::OkStatus();
}

absl::Status Session::HandleMessage(v1::SessionRequest* message) {
  switch (message->message_case()) {
    case v1::SessionRequest::kHello:
      return HandleHello(message->hello());
    case v1::SessionRequest::kCheck:
      return HandleCheck(message->mutable_check());
    case v1::SessionRequest::kApplied:
      return HandleApplied(message->applied());
    case v1::SessionRequest::MESSAGE_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("the message is empty: send hello, check or applied");
}

absl::Status Session::HandleHello(const v1::SessionHello& hello) {
  if (agent_.has_value()) {
    return absl::InvalidArgumentError("a second hello: a session's agent is fixed by its first");
  }
  OSTIARY_RETURN_IF_ERROR(ValidateAgent(hello.agent(), limits_));
  const size_t limit = options_.max_hello_field_bytes;
  OSTIARY_RETURN_IF_ERROR(ValidateSize("sidecar_id", hello.sidecar_id(), limit));
  OSTIARY_RETURN_IF_ERROR(ValidateSize("agent", hello.agent(), limit));
  OSTIARY_RETURN_IF_ERROR(ValidateSize("server", hello.server(), limit));
  OSTIARY_RETURN_IF_ERROR(ValidateSize("version", hello.version(), limit));
  OSTIARY_RETURN_IF_ERROR(right_.MayActAs(hello.agent()));
  agent_ = hello.agent();
  registry_->SetHello(number_, hello);
  return absl::OkStatus();
}

absl::Status Session::HandleCheck(v1::SessionCheck* check) {
  if (!agent_.has_value()) {
    return absl::InvalidArgumentError("a check before hello: say first who asks");
  }
  const size_t bytes = MemoryOf(*check);
  if (!registry_->ReserveOpenBytes(bytes)) {
    return absl::ResourceExhaustedError(
        "the sessions of this PDP have too many checks open: come back later");
  }
  open_bytes_ += bytes;
  open_.push_back({std::move(*check), bytes});
  return absl::OkStatus();
}

absl::Status Session::HandleApplied(const v1::Revision& applied) {
  if (!agent_.has_value()) {
    return absl::InvalidArgumentError("applied before hello: say first who applies it");
  }
  const size_t limit = options_.max_hello_field_bytes;
  OSTIARY_RETURN_IF_ERROR(ValidateSize("applied.epoch", applied.epoch(), limit));
  OSTIARY_RETURN_IF_ERROR(ValidateSize("applied.digest", applied.digest(), limit));
  registry_->SetApplied(number_, RevisionFromProto(applied));
  return absl::OkStatus();
}

void Session::Advance() {
  // With each message, not with heartbeats alone: these may be an hour apart.
  if (const absl::Status status = right_.StillCounts(); !status.ok() && !ending_.has_value()) {
    ending_ = status;
  }
  if (writing_ || finished_) return;
  if (agent_.has_value()) {
    if (const absl::Status status = right_.MayActAs(*agent_); !status.ok()) {
      FinishNow(status);
      return;
    }
  }
  if (PrepareNext()) {
    writing_ = true;
    StartWrite(&outgoing_);
  } else if (ending_.has_value()) {
    FinishNow(*ending_);
  }
}

bool Session::PrepareNext() {
  if (!agent_.has_value()) return false;
  const std::shared_ptr<const PublishedPolicy> policy = store_.Current();
  if (policy != nullptr && policy->revision.generation != announced_generation_) {
    PrepareEvent(announced_generation_ == 0 ? v1::CURRENT : v1::CHANGED, policy->revision);
    announced_generation_ = policy->revision.generation;
    return true;
  }
  if (policy != nullptr && heartbeat_due_) {
    PrepareEvent(v1::HEARTBEAT, policy->revision);
    return true;
  }
  if (open_.empty()) return false;
  PrepareResult(policy.get());
  return true;
}

void Session::PrepareEvent(v1::EventKind kind, const Revision& revision) {
  v1::SessionResponse message;
  v1::SessionEvent* event = message.mutable_event();
  event->set_kind(kind);
  RevisionToProto(revision, event->mutable_revision());
  DurationToProto(options_.lease, event->mutable_lease());
  SetBytes(message.SerializeAsString(), &outgoing_);
  heartbeat_due_ = false;
}

void Session::PrepareResult(const PublishedPolicy* policy) {
  const CallTimer timer(Rpc::kSessionCheck, clock_, &metrics_->calls);
  const OpenCheck open = std::move(open_.front());
  open_.pop_front();
  open_bytes_ -= open.bytes;
  registry_->ReleaseOpenBytes(open.bytes);

  CallMemory memory;
  AppendNumber(v1::SessionResult::kIdFieldNumber, open.check.id(), memory.answer());
  const size_t decisions = memory.answer()->size();
  absl::Status status = RequirePolicy(policy);
  if (status.ok()) {
    status = DecideAll(*policy, *agent_, open.check.accesses(), limits_,
                       v1::SessionResult::kDecisionsFieldNumber, &metrics_->decisions, &memory);
  }
  if (!status.ok()) memory.answer()->resize(decisions);
  if (policy != nullptr) {
    AppendRevision(v1::SessionResult::kRevisionFieldNumber, policy->revision, memory.answer());
  }
  if (!status.ok()) {
    google::rpc::Status error;
    StatusToProto(status, &error);
    AppendMessage(v1::SessionResult::kErrorFieldNumber, error.SerializeAsString(), memory.answer());
  }
  SetMessage(v1::SessionResponse::kResultFieldNumber, *memory.answer(), &outgoing_);
}

void Session::ReadMore() {
  if (reading_ || finished_ || ending_.has_value()) return;
  if (open_.size() >= options_.max_open_checks || open_bytes_ >= options_.max_open_bytes) return;
  reading_ = true;
  StartRead(&incoming_);
}

void Session::FinishNow(const absl::Status& status) {
  if (finished_) return;
  finished_ = true;
  ReleaseOpenChecks();
  Finish(ToGrpcStatus(status));
}

void Session::ReleaseOpenChecks() {
  registry_->ReleaseOpenBytes(open_bytes_);
  open_bytes_ = 0;
  open_.clear();
}

}  // namespace ostiary::pdp
