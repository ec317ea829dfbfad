#include "tests/fuzz/request_oracle.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "pdp/policy/load.h"
#include "tests/fuzz/fuzz_check.h"

namespace ostiary::pdp {
namespace {

constexpr absl::string_view kCatalog = R"({"mcpServers": {
  "s1": {"command": "a"}, "s2": {"url": "https://b", "description": "two"}, "other": {"command": "c"}}})";

constexpr absl::string_view kRules[] = {
    R"({"agents": {
      "a": {"allow": {"servers": ["s1", "s?"], "tools": {"s1": ["read_*", "x"], "*": ["common"]},
                      "resources": {"s1": ["file://*"]}, "prompts": {"s2": ["p[abc]"]}},
            "deny": {"servers": ["s3"], "tools": {"*": ["*delete*"], "s1": ["read_secret"]},
                     "resources": {"*": ["*passwd"]}}},
      "b": {"allow": {"servers": ["*"]}},
      "default": {"allow": {"servers": ["other"]}}},
      "defaults": {"deny_on_missing_agent": false}})",
    R"({"agents": {
      "a": {"allow": {"servers": ["*"]}, "deny": {"tools": {"*": ["read_*"]}}},
      "b": {"deny": {"servers": ["*"]}}},
      "defaults": {"deny_on_missing_agent": true}})",
    R"({"defaults": {"deny_on_missing_agent": false}})",
};

std::vector<OraclePolicy> MakePolicies() {
  std::vector<OraclePolicy> policies;
  for (const absl::string_view rules : kRules) {
    const LoadedPolicy loaded =
        LoadPolicy({{"rules.json", rules}, PolicyFile{"mcp.json", kCatalog}});
    absl::StatusOr<reference::ReferencePolicy> reference =
        reference::ReferencePolicy::Parse(std::string(rules));
    OSTIARY_FUZZ_CHECK(loaded.snapshot != nullptr && reference.ok(), rules);
    policies.push_back({loaded.snapshot, *std::move(reference)});
  }
  return policies;
}

bool IsTooLong(const std::string& field) { return field.size() > OracleLimits().max_field_bytes; }

}  // namespace

const std::vector<OraclePolicy>& OraclePolicies() {
  static const auto* const policies = new std::vector<OraclePolicy>(MakePolicies());
  return *policies;
}

RequestLimits OracleLimits() { return {.max_accesses = 5, .max_field_bytes = 48}; }

absl::StatusCode AgentFault(const std::string& agent) {
  if (agent.empty()) return absl::StatusCode::kInvalidArgument;
  return IsTooLong(agent) ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kOk;
}

absl::StatusCode AccessFault(const v1::Access& access) {
  const int kind = access.kind();
  if (kind < 1 || kind > 4 || access.server().empty() || (kind == 1) != access.name().empty()) {
    return absl::StatusCode::kInvalidArgument;
  }
  return IsTooLong(access.server()) || IsTooLong(access.name())
             ? absl::StatusCode::kResourceExhausted
             : absl::StatusCode::kOk;
}

absl::StatusCode AccessesFault(const Accesses& accesses) {
  if (accesses.size() > 5) return absl::StatusCode::kResourceExhausted;
  for (const v1::Access& access : accesses) {
    if (const absl::StatusCode fault = AccessFault(access); fault != absl::StatusCode::kOk) {
      return fault;
    }
  }
  return absl::StatusCode::kOk;
}

void CheckDecision(const OraclePolicy& policy, const std::string& agent, const v1::Access& access,
                   const v1::Decision& decision) {
  const reference::ReferenceDecision wanted =
      policy.reference.Decide(agent, access.server(), v1::Kind_Name(access.kind()), access.name());
  const std::string what = absl::StrCat("agent ", agent, ": ", access.ShortDebugString(), " -> ",
                                        decision.ShortDebugString(), ", wanted ", wanted.effect,
                                        " ", wanted.reason, " ", wanted.pointer);
  OSTIARY_FUZZ_CHECK(v1::Effect_Name(decision.effect()) == wanted.effect, what);
  OSTIARY_FUZZ_CHECK(v1::Reason_Name(decision.reason()) == wanted.reason, what);
  OSTIARY_FUZZ_CHECK(decision.rule().pointer() == wanted.pointer, what);
  OSTIARY_FUZZ_CHECK(decision.rule().pattern() == wanted.pattern, what);
  OSTIARY_FUZZ_CHECK(decision.has_rule() == !wanted.pointer.empty(), what);
  OSTIARY_FUZZ_CHECK(!decision.message().empty(), what);
}

void CheckDecisions(const OraclePolicy& policy, const std::string& agent, const Accesses& accesses,
                    const google::protobuf::RepeatedPtrField<v1::Decision>& decisions) {
  OSTIARY_FUZZ_CHECK(decisions.size() == accesses.size(), "as many decisions as accesses");
  for (int i = 0; i < accesses.size(); ++i) {
    CheckDecision(policy, agent, accesses[i], decisions[i]);
  }
}

void CheckOnTheWire(const google::protobuf::MessageLite& message) {
  const std::string bytes = message.SerializeAsString();
  const std::unique_ptr<google::protobuf::MessageLite> again(message.New());
  OSTIARY_FUZZ_CHECK(again->ParseFromString(bytes), message.GetTypeName());
  OSTIARY_FUZZ_CHECK(again->SerializeAsString() == bytes, message.GetTypeName());
}

}  // namespace ostiary::pdp
