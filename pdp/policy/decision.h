// The values that go into and come out of a decision. Plain values, no threads, no I/O.
#ifndef OSTIARY_PDP_POLICY_DECISION_H_
#define OSTIARY_PDP_POLICY_DECISION_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace ostiary::pdp {

enum class AccessKind : uint8_t { kServer, kTool, kResource, kPrompt };

// "SERVER", "TOOL", "RESOURCE", "PROMPT".
absl::string_view AccessKindName(AccessKind kind);

// Who asks for what. Views: what they point to must outlive the request.
struct AccessRequest {
  absl::string_view agent;
  absl::string_view server;
  AccessKind kind = AccessKind::kServer;
  absl::string_view name;  // the tool's or prompt's name, the resource's URI; empty for kServer
};

// The zero value is the safe one.
enum class Effect : uint8_t { kDeny, kAllow };

// "ALLOW" or "DENY".
absl::string_view EffectName(Effect effect);

// Which step of the evaluation decided.
enum class Reason : uint8_t {
  kUnspecified,
  kExplicitDeny,
  kPatternDeny,
  kExplicitAllow,
  kPatternAllow,
  kImplicitGrant,
  kServerAllowed,
  kServerDenied,
  kServerNotAllowed,
  kToolNotAllowed,
  kUnknownAgent,
  kUnknownAgentAllowed,
  kResourceNotAllowed,
  kPromptNotAllowed,
};

// The name in the contract, such as "EXPLICIT_DENY".
absl::string_view ReasonName(Reason reason);

// Where a rule stands in the rules file.
struct RuleRef {
  std::string file;
  std::string pointer;  // RFC 6901; empty where no rule matched
  std::string pattern;  // the entry as written (decoded); "true"/"false" for a default
  uint32_t line = 0;    // from 1
  uint32_t column = 0;  // in bytes, from 1

  bool empty() const { return pointer.empty(); }
};

// One decision and, in a form that costs nothing to make, the rule that made it. Hold the snapshot
// that decided to turn the rule into a RuleRef (PolicySnapshot::Explain).
struct Decision {
  Effect effect = Effect::kDeny;
  Reason reason = Reason::kUnspecified;

  // For the snapshot alone: which list of which section, and which entry.
  struct RuleId {
    static constexpr uint32_t kNone = 0xffffffff;
    uint32_t list = kNone;
    uint32_t entry = 0;

    bool operator==(const RuleId&) const = default;
  } rule;

  bool operator==(const Decision&) const = default;
};

// A decision in full, for the wire and for people.
struct Explanation {
  RuleRef rule;         // empty() where no rule matched
  std::string message;  // a sentence
  // Where it quotes the request's name. What one rule says of one server's names differs in that
  // alone.
  size_t name_at = 0;
  size_t name_size = 0;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_DECISION_H_
