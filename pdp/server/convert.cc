#include "pdp/server/convert.h"

#include <string>
#include <utility>

namespace ostiary::pdp {

std::optional<AccessKind> AccessKindFromProto(v1::Kind kind) {
  switch (kind) {
    case v1::SERVER:
      return AccessKind::kServer;
    case v1::TOOL:
      return AccessKind::kTool;
    case v1::RESOURCE:
      return AccessKind::kResource;
    case v1::PROMPT:
      return AccessKind::kPrompt;
    default:
      return std::nullopt;
  }
}

v1::Effect EffectToProto(Effect effect) { return effect == Effect::kAllow ? v1::ALLOW : v1::DENY; }

v1::Reason ReasonToProto(Reason reason) {
  switch (reason) {
    case Reason::kUnspecified:
      return v1::REASON_UNSPECIFIED;
    case Reason::kExplicitDeny:
      return v1::EXPLICIT_DENY;
    case Reason::kPatternDeny:
      return v1::PATTERN_DENY;
    case Reason::kExplicitAllow:
      return v1::EXPLICIT_ALLOW;
    case Reason::kPatternAllow:
      return v1::PATTERN_ALLOW;
    case Reason::kImplicitGrant:
      return v1::IMPLICIT_GRANT;
    case Reason::kServerAllowed:
      return v1::SERVER_ALLOWED;
    case Reason::kServerDenied:
      return v1::SERVER_DENIED;
    case Reason::kServerNotAllowed:
      return v1::SERVER_NOT_ALLOWED;
    case Reason::kToolNotAllowed:
      return v1::TOOL_NOT_ALLOWED;
    case Reason::kUnknownAgent:
      return v1::UNKNOWN_AGENT;
    case Reason::kUnknownAgentAllowed:
      return v1::UNKNOWN_AGENT_ALLOWED;
    case Reason::kResourceNotAllowed:
      return v1::RESOURCE_NOT_ALLOWED;
    case Reason::kPromptNotAllowed:
      return v1::PROMPT_NOT_ALLOWED;
  }
  return v1::REASON_UNSPECIFIED;
}

v1::Severity SeverityToProto(Severity severity) {
  return severity == Severity::kWarning ? v1::WARNING : v1::ERROR;
}

v1::Transport TransportToProto(Transport transport) {
  return transport == Transport::kHttp ? v1::HTTP : v1::STDIO;
}

v1::State StateToProto(ServingState state) {
  switch (state) {
    case ServingState::kEmpty:
      return v1::EMPTY;
    case ServingState::kStale:
      return v1::STALE;
    case ServingState::kServing:
      return v1::SERVING;
  }
  return v1::STATE_UNSPECIFIED;
}

void RevisionToProto(const Revision& revision, v1::Revision* out) {
  out->set_epoch(revision.epoch);
  out->set_generation(revision.generation);
  out->set_digest(revision.digest);
}

Revision RevisionFromProto(const v1::Revision& revision) {
  return {revision.epoch(), revision.generation(), revision.digest()};
}

void IssuesToProto(absl::Span<const Issue> issues,
                   google::protobuf::RepeatedPtrField<v1::Issue>* out) {
  out->Reserve(static_cast<int>(issues.size()));
  for (const Issue& issue : issues) {
    v1::Issue* added = out->Add();
    added->set_severity(SeverityToProto(issue.severity));
    added->set_message(issue.message);
    added->set_file(issue.file);
    added->set_line(issue.line);
    added->set_column(issue.column);
    added->set_pointer(issue.pointer);
  }
}

void FileStatusToProto(const FileStatus& status, v1::FileStatus* out) {
  const absl::Time never = absl::InfinitePast();
  out->set_path(status.path);
  if (status.last_attempt != never) TimeToProto(status.last_attempt, out->mutable_last_attempt());
  if (status.last_success != never) TimeToProto(status.last_success, out->mutable_last_success());
  if (status.last_change != never) TimeToProto(status.last_change, out->mutable_last_change());
  out->set_last_error(status.last_error);
  out->set_attempt_count(status.attempt_count);
  out->set_success_count(status.success_count);
  IssuesToProto(status.last_warnings, out->mutable_last_warnings());
}

void TimeToProto(absl::Time time, google::protobuf::Timestamp* out) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  out->set_seconds(seconds);
  out->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

void DurationToProto(absl::Duration duration, google::protobuf::Duration* out) {
  out->set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  out->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration)));
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

void StatusToProto(const absl::Status& status, google::rpc::Status* out) {
  out->set_code(static_cast<int>(status.code()));
  out->set_message(std::string(status.message()));
}

}  // namespace ostiary::pdp
