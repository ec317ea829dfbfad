// The golden cases of tests/cases, read into plain values. The format is described in
// tests/cases/README.md. Reading fails loudly: a case that is misspelt must not pass for one that
// asks nothing. No gRPC and nothing of the product, so any test may use it.
#ifndef OSTIARY_TESTS_SUPPORT_GOLDEN_CASES_H_
#define OSTIARY_TESTS_SUPPORT_GOLDEN_CASES_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace ostiary {

// One question and the answer wanted. Words of the contract: "TOOL", "ALLOW", "EXPLICIT_DENY", …
struct GoldenDecision {
  std::string agent;
  std::string server;
  std::string kind;
  std::string name;

  std::string effect;
  std::string reason;
  std::string pointer;  // empty: no rule
  std::string pattern;
  // Where the file gives them.
  std::optional<uint32_t> line;
  std::optional<uint32_t> column;
};

// The two texts that a case loads.
struct GoldenFiles {
  std::string rules;
  std::optional<std::string> mcp_config;
};

struct GoldenDecisionFile {
  std::string path;
  std::string title;
  GoldenFiles files;
  std::vector<GoldenDecision> decisions;
};

struct GoldenIssue {
  std::string severity;  // "error" or "warning"
  bool in_mcp_config = false;
  std::string pointer;
  // Words that the message must have, whatever else it says.
  std::vector<std::string> mentions;
  // Where the case gives them.
  std::optional<uint32_t> line;
  std::optional<uint32_t> column;
};

// Ceilings of a load, where a case sets its own.
struct GoldenLimits {
  std::optional<uint64_t> max_file_bytes;
  std::optional<uint32_t> max_depth;
  std::optional<uint64_t> max_pattern_bytes;
  std::optional<uint64_t> max_issues;
};

struct GoldenLoadingCase {
  std::string title;
  GoldenFiles files;
  GoldenLimits limits;
  // All that the load reports, in any order; none of them an error means that it loads.
  std::vector<GoldenIssue> issues;

  bool loads() const;
};

struct GoldenLoadingFile {
  std::string path;
  std::string title;
  std::vector<GoldenLoadingCase> cases;
};

// GoogleTest's words for a parameter that is a file of cases.
void PrintTo(const GoldenDecisionFile& file, std::ostream* stream);
void PrintTo(const GoldenLoadingFile& file, std::ostream* stream);

// The paths of the case files in a folder, sorted. From the source root, where tests run.
inline constexpr char kGoldenDecisionsFolder[] = "tests/cases/decisions";
inline constexpr char kGoldenLoadingFolder[] = "tests/cases/loading";
std::vector<std::string> GoldenCasePaths(const std::string& folder);

absl::StatusOr<GoldenDecisionFile> ReadGoldenDecisions(const std::string& path);
absl::StatusOr<GoldenLoadingFile> ReadGoldenLoading(const std::string& path);

// All files of their folder; ends the process with a message where one cannot be read, so that it
// can feed a parameterised test.
std::vector<GoldenDecisionFile> AllGoldenDecisions();
std::vector<GoldenLoadingFile> AllGoldenLoading();

// For the name of a parameterised test: "unknown_agents" for tests/cases/…/unknown-agents.json.
std::string GoldenTestName(const std::string& path);

// "researcher TOOL brave-search/brave_web_search", for traces.
std::string Describe(const GoldenDecision& decision);

}  // namespace ostiary

#endif  // OSTIARY_TESTS_SUPPORT_GOLDEN_CASES_H_
