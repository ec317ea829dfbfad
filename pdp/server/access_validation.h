// Whether an access that came from outside can be decided at all: every field that must be there is
// there, and none is larger than it may be. Pure functions; any thread.
#ifndef OSTIARY_PDP_SERVER_ACCESS_VALIDATION_H_
#define OSTIARY_PDP_SERVER_ACCESS_VALIDATION_H_

#include <cstddef>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "pdp/policy/decision.h"

namespace ostiary::pdp {

// Ceilings on what one request may ask.
struct RequestLimits {
  // Accesses of one BatchCheck or of one check of a session. A tools/list is one check, so this is
  // also how many tools a server may have.
  size_t max_accesses = 1000;
  // Bytes of an agent, a server or a name. A resource's URI is the longest of them.
  size_t max_field_bytes = 64 << 10;
  // Bytes of the decisions that answer one request: each names its rule, with a pattern that may be
  // long. A sidecar takes messages of up to 64 MB, and a longer one would end its session.
  size_t max_answer_bytes = size_t{32} << 20;
};

// INVALID_ARGUMENT for an empty agent, RESOURCE_EXHAUSTED for one over the limit.
absl::Status ValidateAgent(absl::string_view agent, const RequestLimits& limits);

// The same for the rest of an access: the server must be given, the name too, save for kServer,
// where it must not.
absl::Status ValidateAccess(absl::string_view server, AccessKind kind, absl::string_view name,
                            const RequestLimits& limits);

// The kind of that name ("SERVER", "TOOL", "RESOURCE", "PROMPT"); case matters.
std::optional<AccessKind> AccessKindFromName(absl::string_view name);

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_SERVER_ACCESS_VALIDATION_H_
