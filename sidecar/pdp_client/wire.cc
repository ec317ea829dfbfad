#include "sidecar/pdp_client/wire.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "google/protobuf/stubs/common.h"

namespace ostiary::sidecar {
namespace {

v1::Kind ToWire(AccessKind kind) {
  switch (kind) {
    case AccessKind::kServer:
      return v1::SERVER;
    case AccessKind::kTool:
      return v1::TOOL;
    case AccessKind::kResource:
      return v1::RESOURCE;
    case AccessKind::kPrompt:
      return v1::PROMPT;
  }
  return v1::KIND_UNSPECIFIED;
}

// What a reason lets an effect be. A reason that this build does not know has none.
std::optional<v1::Effect> EffectOf(v1::Reason reason) {
  switch (reason) {
    case v1::EXPLICIT_ALLOW:
    case v1::PATTERN_ALLOW:
    case v1::IMPLICIT_GRANT:
    case v1::SERVER_ALLOWED:
    case v1::UNKNOWN_AGENT_ALLOWED:
      return v1::ALLOW;
    case v1::EXPLICIT_DENY:
    case v1::PATTERN_DENY:
    case v1::SERVER_DENIED:
    case v1::SERVER_NOT_ALLOWED:
    case v1::TOOL_NOT_ALLOWED:
    case v1::UNKNOWN_AGENT:
    case v1::RESOURCE_NOT_ALLOWED:
    case v1::PROMPT_NOT_ALLOWED:
      return v1::DENY;
    default:  // unspecified, or of a later contract
      return std::nullopt;
  }
}

std::string NameOf(v1::Reason reason) {
  return v1::Reason_IsValid(reason) ? v1::Reason_Name(reason)
                                    : absl::StrCat("REASON_", static_cast<int>(reason));
}

absl::Status Odd(absl::string_view what) {
  return absl::InternalError(absl::StrCat("the PDP's message is not to the contract: ", what));
}

absl::StatusOr<Verdict> ReadVerdict(const v1::Decision& decision) {
  if (decision.effect() != v1::ALLOW && decision.effect() != v1::DENY) {
    return Odd(absl::StrCat("a decision with the effect ", static_cast<int>(decision.effect())));
  }
  const std::optional<v1::Effect> implied = EffectOf(decision.reason());
  const bool contradicts = implied.has_value() && *implied != decision.effect();
  const bool unfounded_allow = !implied.has_value() && decision.effect() == v1::ALLOW;
  if (contradicts || unfounded_allow) {
    return Odd(absl::StrCat(v1::Effect_Name(decision.effect()), " for the reason ",
                            NameOf(decision.reason())));
  }
  Verdict verdict;
  verdict.allowed = decision.effect() == v1::ALLOW;
  verdict.reason = NameOf(decision.reason());
  verdict.message = decision.message();
  verdict.rule_file = decision.rule().file();
  verdict.rule_pointer = decision.rule().pointer();
  verdict.rule_pattern = decision.rule().pattern();
  verdict.rule_line = decision.rule().line();
  verdict.rule_column = decision.rule().column();
  return verdict;
}

// The error of a result; OK codes and codes that do not exist are errors too.
absl::Status ReadError(const google::rpc::Status& error) {
  const bool known = error.code() > 0 && error.code() <= 16;
  const auto code =
      known ? static_cast<absl::StatusCode>(error.code()) : absl::StatusCode::kUnknown;
  return absl::Status(code, error.message().empty() ? "the PDP gave no reason" : error.message());
}

absl::Status ReadDecisions(const v1::SessionResult& result, size_t asked,
                           const std::optional<Revision>& present, SourceAnswer* answer) {
  if (result.has_error()) return ReadError(result.error());
  if (static_cast<size_t>(result.decisions_size()) != asked) {
    return Odd(absl::StrCat(result.decisions_size(), " decisions for ", asked, " accesses"));
  }
  OSTIARY_ASSIGN_OR_RETURN(answer->revision, FromWire(result.revision()));
  if (present.has_value() && present->epoch == answer->revision.epoch &&
      answer->revision.generation < present->generation) {
    return Odd("a decision of a revision older than the one announced before it");
  }
  answer->verdicts.reserve(asked);
  for (const v1::Decision& decision : result.decisions()) {
    OSTIARY_ASSIGN_OR_RETURN(Verdict verdict, ReadVerdict(decision));
    answer->verdicts.push_back(std::move(verdict));
  }
  return absl::OkStatus();
}

absl::StatusOr<MonoDuration> ReadLease(const v1::SessionEvent& event, MonoDuration max_lease) {
  if (!event.has_lease()) return Odd("an event without a lease");
  const int64_t seconds = event.lease().seconds();
  const int32_t nanos = event.lease().nanos();
  const bool positive = seconds >= 0 && nanos >= 0 && (seconds > 0 || nanos > 0);
  // The ceilings of google.protobuf.Duration.
  if (!positive || seconds > 315'576'000'000 || nanos > 999'999'999) {
    return Odd(absl::StrCat("an event with a lease of ", seconds, " s and ", nanos, " ns"));
  }
  // Compared in whole seconds: as nanoseconds, a lease that long would overflow.
  if (seconds > std::chrono::duration_cast<std::chrono::seconds>(max_lease).count()) {
    return max_lease;
  }
  return std::min<MonoDuration>(max_lease,
                                std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanos));
}

}  // namespace

bool IsUtf8(absl::string_view text) {
  // The very check that protobuf makes, and only logs, when it writes a string field.
  return text.size() <= std::numeric_limits<int>::max() &&
         google::protobuf::internal::IsStructurallyValidUTF8(text.data(),
                                                             static_cast<int>(text.size()));
}

absl::StatusOr<v1::SessionRequest> ToCheckRequest(uint64_t id, absl::string_view server,
                                                  const std::vector<Access>& accesses) {
  if (accesses.empty()) return absl::InvalidArgumentError("nothing was asked");
  v1::SessionRequest request;
  v1::SessionCheck& check = *request.mutable_check();
  check.set_id(id);
  check.mutable_accesses()->Reserve(static_cast<int>(accesses.size()));
  for (const Access& access : accesses) {
    if (!IsUtf8(access.name)) {
      return absl::InvalidArgumentError("the name is not UTF-8, so the PDP cannot be asked");
    }
    v1::Access& wire = *check.add_accesses();
    wire.set_server(server.data(), server.size());
    wire.set_kind(ToWire(access.kind));
    wire.set_name(access.name);
  }
  return request;
}

v1::SessionRequest ToAppliedRequest(const Revision& revision, const CacheUsage& usage) {
  v1::SessionRequest request;
  v1::Revision& applied = *request.mutable_applied();
  applied.set_epoch(revision.epoch);
  applied.set_generation(revision.generation);
  applied.set_digest(revision.digest);
  if (!usage.empty()) {
    request.mutable_usage()->set_cache_hits(usage.hits);
    request.mutable_usage()->set_cache_misses(usage.misses);
  }
  return request;
}

absl::StatusOr<Revision> FromWire(const v1::Revision& revision) {
  if (revision.epoch().empty() || revision.generation() == 0 || revision.digest().empty()) {
    return Odd("a revision without epoch, generation or digest");
  }
  return Revision{revision.epoch(), revision.generation(), revision.digest()};
}

absl::StatusOr<SessionEvent> FromWire(const v1::SessionEvent& event, MonoDuration max_lease) {
  SessionEvent checked;
  checked.kind = event.kind();
  if (checked.kind != v1::CURRENT && checked.kind != v1::CHANGED && checked.kind != v1::HEARTBEAT) {
    return Odd(absl::StrCat("an event of the kind ", static_cast<int>(event.kind())));
  }
  OSTIARY_ASSIGN_OR_RETURN(checked.revision, FromWire(event.revision()));
  OSTIARY_ASSIGN_OR_RETURN(checked.lease, ReadLease(event, max_lease));
  return checked;
}

SourceAnswer FromWire(const v1::SessionResult& result, size_t asked,
                      const std::optional<Revision>& present) {
  SourceAnswer answer;
  answer.id = result.id();
  answer.status = ReadDecisions(result, asked, present, &answer);
  if (!answer.status.ok()) {
    answer.verdicts.clear();
    answer.revision = {};
  }
  return answer;
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::UnavailableError("the PDP ended the session");
  const int code = status.error_code();
  const bool known = code > 0 && code <= 16;
  return absl::Status(known ? static_cast<absl::StatusCode>(code) : absl::StatusCode::kUnknown,
                      status.error_message());
}

}  // namespace ostiary::sidecar
