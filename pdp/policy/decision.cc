#include "pdp/policy/decision.h"

namespace ostiary::pdp {

absl::string_view AccessKindName(AccessKind kind) {
  switch (kind) {
    case AccessKind::kServer:
      return "SERVER";
    case AccessKind::kTool:
      return "TOOL";
    case AccessKind::kResource:
      return "RESOURCE";
    case AccessKind::kPrompt:
      return "PROMPT";
  }
  return "KIND_UNSPECIFIED";
}

absl::string_view EffectName(Effect effect) { return effect == Effect::kAllow ? "ALLOW" : "DENY"; }

absl::string_view ReasonName(Reason reason) {
  switch (reason) {
    case Reason::kUnspecified:
      return "REASON_UNSPECIFIED";
    case Reason::kExplicitDeny:
      return "EXPLICIT_DENY";
    case Reason::kPatternDeny:
      return "PATTERN_DENY";
    case Reason::kExplicitAllow:
      return "EXPLICIT_ALLOW";
    case Reason::kPatternAllow:
      return "PATTERN_ALLOW";
    case Reason::kImplicitGrant:
      return "IMPLICIT_GRANT";
    case Reason::kServerAllowed:
      return "SERVER_ALLOWED";
    case Reason::kServerDenied:
      return "SERVER_DENIED";
    case Reason::kServerNotAllowed:
      return "SERVER_NOT_ALLOWED";
    case Reason::kToolNotAllowed:
      return "TOOL_NOT_ALLOWED";
    case Reason::kUnknownAgent:
      return "UNKNOWN_AGENT";
    case Reason::kUnknownAgentAllowed:
      return "UNKNOWN_AGENT_ALLOWED";
    case Reason::kResourceNotAllowed:
      return "RESOURCE_NOT_ALLOWED";
    case Reason::kPromptNotAllowed:
      return "PROMPT_NOT_ALLOWED";
  }
  return "REASON_UNSPECIFIED";
}

}  // namespace ostiary::pdp
