// Decisions that are copied from one alike, against each explained by itself.
#include "pdp/server/decision_writer.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "pdp/server/answer_bytes.h"
#include "pdp/server/call_memory.h"
#include "tests/pdp/policy/policy_testing.h"

namespace ostiary::pdp {
namespace {

constexpr int kField = 2;

constexpr char kRules[] = R"({
  "defaults": {"deny_on_missing_agent": false},
  "agents": {
    "a": {"allow": {"servers": ["files", "db*", "web"],
                    "tools": {"files": ["read_*", "*", "stat"], "*": ["read_*"]},
                    "resources": {"web": ["https://*"]}},
          "deny": {"servers": ["db_old"],
                   "tools": {"files": ["rm", "delete_*"], "*": ["*_all"]},
                   "prompts": {"web": ["p*"]}}},
    "narrow": {"allow": {"servers": ["*"], "tools": {"files": ["read_1"]}}}}})";

// Names that are escaped when they are quoted, and that change how many bytes a length takes.
std::vector<std::string> Names() {
  return {"read_1",
          "read_2",
          "read_\"\n",
          "delete_\xC3\xBC",
          "rm",
          "stat",
          "x_all",
          "https://a/",
          "p",
          std::string(40, 'n'),
          absl::StrCat("read_", std::string(100, 'n')),
          std::string(200, 'n'),
          std::string(201, 'n'),
          absl::StrCat("read_", std::string(20'000, 'n'))};
}

std::vector<AccessRequest> Requests(absl::string_view agent,
                                    const std::vector<std::string>& names) {
  std::vector<AccessRequest> requests;
  for (int round = 0; round < 2; ++round) {
    for (const char* server : {"files", "db", "db_old", "web", "other"}) {
      requests.push_back({agent, server, AccessKind::kServer, ""});
      for (const AccessKind kind :
           {AccessKind::kTool, AccessKind::kResource, AccessKind::kPrompt}) {
        for (const std::string& name : names) requests.push_back({agent, server, kind, name});
      }
    }
  }
  return requests;
}

std::string Alone(const PolicySnapshot& snapshot, const AccessRequest& request) {
  const Decision decision = snapshot.Decide(request);
  std::string out;
  AppendDecision(kField, decision, snapshot.Explain(request, decision), &out);
  return out;
}

// From each request on: a writer remembers only so many decisions that others may be like.
TEST(DecisionWriterTest, ACopyIsWhatAnExplanationWouldBe) {
  const auto snapshot = MustLoad(kRules);
  ASSERT_NE(snapshot, nullptr);
  const std::vector<std::string> names = Names();
  for (const char* agent : {"a", "narrow", "unknown\n"}) {
    const std::vector<AccessRequest> requests = Requests(agent, names);
    for (size_t first = 0; first < requests.size(); first += 11) {
      CallMemory memory;
      DecisionWriter writer(*snapshot, kField, &memory);
      for (size_t i = first; i < requests.size(); ++i) {
        const size_t before = memory.answer()->size();
        writer.Append(requests[i], snapshot->Decide(requests[i]));
        ASSERT_EQ(memory.answer()->substr(before), Alone(*snapshot, requests[i]))
            << agent << ", " << first << ", " << i;
      }
    }
  }
}

}  // namespace
}  // namespace ostiary::pdp
