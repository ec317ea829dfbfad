// Between the values of pdp/policy and pdp/reload and the messages of proto/ostiary/v1. Pure
// functions; any thread. An unknown enum value becomes the unspecified one, which every reader must
// take for a deny.
#ifndef OSTIARY_PDP_SERVER_CONVERT_H_
#define OSTIARY_PDP_SERVER_CONVERT_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"
#include "ostiary/v1/admin.pb.h"
#include "ostiary/v1/decision.pb.h"
#include "pdp/policy/decision.h"
#include "pdp/policy/issue.h"
#include "pdp/policy/snapshot.h"
#include "pdp/reload/policy_store.h"

namespace ostiary::pdp {

// nullopt for KIND_UNSPECIFIED and for values that this version does not know.
std::optional<AccessKind> AccessKindFromProto(v1::Kind kind);

v1::Effect EffectToProto(Effect effect);
v1::Reason ReasonToProto(Reason reason);
v1::Severity SeverityToProto(Severity severity);
v1::Transport TransportToProto(Transport transport);
v1::State StateToProto(ServingState state);

void RevisionToProto(const Revision& revision, v1::Revision* out);
Revision RevisionFromProto(const v1::Revision& revision);
void IssuesToProto(absl::Span<const Issue> issues,
                   google::protobuf::RepeatedPtrField<v1::Issue>* out);
void FileStatusToProto(const FileStatus& status, v1::FileStatus* out);

// `time` must not be infinite; see FileStatusToProto for "never".
void TimeToProto(absl::Time time, google::protobuf::Timestamp* out);
void DurationToProto(absl::Duration duration, google::protobuf::Duration* out);

// Codes are the same numbers everywhere.
grpc::Status ToGrpcStatus(const absl::Status& status);
absl::Status FromGrpcStatus(const grpc::Status& status);
void StatusToProto(const absl::Status& status, google::rpc::Status* out);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_CONVERT_H_
