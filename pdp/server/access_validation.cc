#include "pdp/server/access_validation.h"

#include "absl/strings/str_cat.h"

namespace ostiary::pdp {
namespace {

absl::Status ValidateSize(absl::string_view field, absl::string_view value,
                          const RequestLimits& limits) {
  if (value.size() <= limits.max_field_bytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(field, " has ", value.size(), " bytes; at most ",
                                                   limits.max_field_bytes, " are allowed"));
}

}  // namespace

absl::Status ValidateAgent(absl::string_view agent, const RequestLimits& limits) {
  if (agent.empty()) {
    return absl::InvalidArgumentError("agent is missing: say who asks for access");
  }
  return ValidateSize("agent", agent, limits);
}

absl::Status ValidateAccess(absl::string_view server, AccessKind kind, absl::string_view name,
                            const RequestLimits& limits) {
  if (server.empty()) {
    return absl::InvalidArgumentError("server is missing: say which MCP server is accessed");
  }
  if (kind == AccessKind::kServer && !name.empty()) {
    return absl::InvalidArgumentError(
        "name is set, but kind is SERVER: leave it empty, or give the kind of thing that it names");
  }
  if (kind != AccessKind::kServer && name.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("name is missing: kind ", AccessKindName(kind), " needs one"));
  }
  if (absl::Status status = ValidateSize("server", server, limits); !status.ok()) return status;
  return ValidateSize("name", name, limits);
}

std::optional<AccessKind> AccessKindFromName(absl::string_view name) {
  for (const AccessKind kind :
       {AccessKind::kServer, AccessKind::kTool, AccessKind::kResource, AccessKind::kPrompt}) {
    if (AccessKindName(kind) == name) return kind;
  }
  return std::nullopt;
}

}  // namespace ostiary::pdp
