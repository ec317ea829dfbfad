// Between the contract's messages and the sidecar's values, strictly.
//
// Pure functions, any thread. What comes from the PDP is checked here and nowhere else: whatever is
// missing, contradicts itself or is not known becomes an error, never a default and never an allow.
#ifndef OSTIARY_SIDECAR_PDP_CLIENT_WIRE_H_
#define OSTIARY_SIDECAR_PDP_CLIENT_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "grpcpp/support/status.h"
#include "ostiary/v1/decision.pb.h"
#include "sidecar/core/decision_source.h"

namespace ostiary::sidecar {

// The SessionRequest that asks for `accesses` on `server`. INVALID_ARGUMENT where there is nothing
// to ask or a name is not UTF-8, which a protobuf string cannot carry.
absl::StatusOr<v1::SessionRequest> ToCheckRequest(uint64_t id, absl::string_view server,
                                                  const std::vector<Access>& accesses);

// The SessionRequest that acknowledges `revision` and, where there is any, reports `usage`.
v1::SessionRequest ToAppliedRequest(const Revision& revision, const CacheUsage& usage = {});

// True where a protobuf string can carry `text`.
bool IsUtf8(absl::string_view text);

// INTERNAL where a field is empty: such a revision equals nothing.
absl::StatusOr<Revision> FromWire(const v1::Revision& revision);

// An event, checked.
struct SessionEvent {
  v1::EventKind kind = v1::EVENT_KIND_UNSPECIFIED;
  Revision revision;
  MonoDuration lease{};
};

// INTERNAL where the kind is not known, the revision incomplete, or the lease unset, malformed or
// not above zero. A lease over `max_lease` is cut to it, since a shorter one is always safe.
absl::StatusOr<SessionEvent> FromWire(const v1::SessionEvent& event, MonoDuration max_lease);

// The answer to an ask of `asked` accesses. Odd ones get an INTERNAL status that says what is odd:
// decisions missing or too many, beside an error or without a revision; an effect that is no
// effect; an allow for a reason that denies or is not known; a deny for a reason that allows; a
// revision older than `present`, the one that the PDP announced last.
// A deny whose reason is not known stays a deny: a later PDP may know reasons that we do not.
SourceAnswer FromWire(const v1::SessionResult& result, size_t asked,
                      const std::optional<Revision>& present);

// Why a stream ended. Never OK: a PDP that ends a session in good order is UNAVAILABLE.
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace ostiary::sidecar

#endif  // OSTIARY_SIDECAR_PDP_CLIENT_WIRE_H_
