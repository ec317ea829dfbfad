// A decision allocates nothing, what agents have in common is stored once, and a policy keeps no
// more addresses than it needs. In a program of its own, since it replaces operator new.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/pdp/policy/policy_testing.h"
#include "tests/support/allocation_counter.h"
#include "tests/support/limited_addresses.h"

namespace ostiary::pdp {
namespace {

// A list with every shape of pattern, long enough to be indexed.
std::string LongList() {
  std::string list = R"("name", "a?b", "[x-z]*q*", "*mid*")";
  for (int i = 0; i < 20; ++i) absl::StrAppend(&list, ", \"p", i, "_*\", \"*_s", i, "\"");
  return list;
}

std::string LongListOfAFewSizes() {
  std::string list = R"("name")";
  for (int i = 10; i < 30; ++i) absl::StrAppend(&list, ", \"p", i, "_*\", \"*_s", i, "\"");
  return list;
}

TEST(DecideMemoryTest, DecidingAllocatesNothing) {
  const std::string list = LongList();
  const auto snapshot = MustLoad(
      absl::StrCat(R"({"agents": {"a": {"allow": {"servers": ["s", "t*"], "tools": {"s": [)", list,
                   R"(]}, "prompts": {"s": [)", LongListOfAFewSizes(),
                   R"(]}}, "deny": {"servers": ["u"], "tools": {"*": ["d*"]}}}}})"));
  size_t decided = 0;
  const size_t before = allocations.load();
  for (const absl::string_view agent : {"a", "unknown"}) {
    for (const absl::string_view server : {"s", "t1", "u", "v"}) {
      for (const absl::string_view name : {"name", "p3_x", "x_s7", "p13_x", "x_s17", "azb", "yqq",
                                           "a mid b", "none", "delete", "\xff", ""}) {
        for (const AccessKind kind :
             {AccessKind::kServer, AccessKind::kTool, AccessKind::kPrompt}) {
          const Decision decision = snapshot->Decide({agent, server, kind, name});
          decided += decision.reason == Reason::kUnspecified ? 0 : 1;
        }
      }
    }
  }
  EXPECT_EQ(allocations.load(), before);
  EXPECT_EQ(decided, 2u * 4u * 12u * 3u);
}

enum class Agents { kDifferent, kAlike };

size_t BytesOfRules(Agents agents) {
  std::string rules = "{\"agents\": {";
  for (int i = 0; i < 100; ++i) {
    absl::StrAppend(&rules, i == 0 ? "" : ",", "\"agent-", i,
                    R"(": {"allow": {"servers": ["*"], "tools": {"s": [)");
    for (int j = 0; j < 100; ++j) {
      absl::StrAppend(&rules, j == 0 ? "" : ",", "\"tool-",
                      agents == Agents::kAlike ? 1000 : 1000 + i, "-", j, "\"");
    }
    rules += "]}}}";
  }
  rules += "}}";
  return MustLoad(rules)->rules_bytes();
}

// What is written once for all servers is not stored anew for each.
TEST(DecideMemoryTest, ServersShareALongListOfAllServers) {
  std::string rules = R"({"agents": {"a": {"allow": {"servers": ["*"], "tools": {)";
  for (int i = 0; i < 300; ++i) absl::StrAppend(&rules, "\"s", i, "\": [\"t\"],");
  rules += R"("s": ["t"]}}, "deny": {"tools": {"*": ["x")";
  for (int i = 0; i < 300; ++i) absl::StrAppend(&rules, ",\"x", i, "\"");
  rules += "]}}}}}";
  const auto snapshot = MustLoad(rules);
  EXPECT_LT(snapshot->rules_bytes(), 20 * rules.size());
  EXPECT_EQ(snapshot->Decide({"a", "s7", AccessKind::kTool, "t"}).reason, Reason::kExplicitAllow);
  EXPECT_EQ(snapshot->Decide({"a", "s7", AccessKind::kTool, "x7"}).reason, Reason::kExplicitDeny);
  EXPECT_EQ(snapshot->Decide({"a", "s7", AccessKind::kTool, "y"}).reason, Reason::kToolNotAllowed);
}

TEST(DecideMemoryTest, AgentsThatAreWrittenAlikeShareTheirRules) {
  const size_t different = BytesOfRules(Agents::kDifferent);
  const size_t alike = BytesOfRules(Agents::kAlike);
  EXPECT_LT(alike, different / 10) << alike << " bytes against " << different;
}

// Under `ulimit -v` a policy that did would take what the next load needs.
TEST(DecideMemoryTest, PoliciesKeepNoAddressesForMore) {
  const size_t before = AddressesInUse();
  std::vector<std::shared_ptr<const PolicySnapshot>> policies(32);
  for (auto& policy : policies) policy = MustLoad(R"({"agents": {"a": {}}})");
  EXPECT_LT(AddressesInUse(), before + (size_t{512} << 20));
}

}  // namespace
}  // namespace ostiary::pdp
