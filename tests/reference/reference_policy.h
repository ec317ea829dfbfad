// ReferencePolicy: a naive evaluator of the rule language, written from policy-semantics.md alone.
// It shares no code with the engine, so that the two can be compared; it is obvious, not fast.
//
// Parse reads well-formed rules. It refuses what it cannot read, but it is no judge of rules files:
// the cases under tests/cases/loading say what a load must refuse. Immutable once parsed.
#ifndef OSTIARY_TESTS_REFERENCE_REFERENCE_POLICY_H_
#define OSTIARY_TESTS_REFERENCE_REFERENCE_POLICY_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/reference/reference_glob.h"

namespace ostiary::reference {

// Words of the contract throughout: "ALLOW", "EXPLICIT_DENY", … A pointer and a pattern are empty
// where no rule decided.
struct ReferenceDecision {
  std::string effect;
  std::string reason;
  std::string pointer;
  std::string pattern;

  bool operator==(const ReferenceDecision&) const = default;
};

class ReferencePolicy {
 public:
  static absl::StatusOr<ReferencePolicy> Parse(const std::string& rules_text);

  // `kind` is SERVER, TOOL, RESOURCE or PROMPT; `name` is ignored for SERVER.
  ReferenceDecision Decide(const std::string& agent, const std::string& server,
                           const std::string& kind, const std::string& name) const;

 private:
  friend class RulesReader;

  struct Entry {
    std::string pointer;
    std::string text;
    Glob glob;
  };
  using List = std::vector<Entry>;
  // By the server's name or "*".
  using ListsByServer = std::map<std::string, List>;
  struct Section {
    List servers;
    // By "TOOL", "RESOURCE", "PROMPT".
    std::map<std::string, ListsByServer> names;
  };
  struct Agent {
    Section allow;
    Section deny;
  };
  struct Match {
    const Entry* entry = nullptr;
    bool is_exact = false;
  };

  ReferencePolicy() = default;

  static Match FindExact(const List& list, const std::string& name);
  static Match FindPattern(const List& list, const std::string& name);
  static Match FindIn(const List& list, const std::string& name);
  static const List& ListFor(const Section& section, const std::string& kind,
                             const std::string& server);
  static Match FindDeny(const Agent& agent, const std::string& server, const std::string& kind,
                        const std::string& name);
  static ReferenceDecision DecideFor(const Agent& agent, const std::string& server,
                                     const std::string& kind, const std::string& name);

  std::map<std::string, Agent> agents_;
  bool deny_on_missing_agent_ = true;
};

}  // namespace ostiary::reference

#endif  // OSTIARY_TESTS_REFERENCE_REFERENCE_POLICY_H_
