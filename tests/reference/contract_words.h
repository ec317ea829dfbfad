// The words of the contract (api.md) as the cases and the reference use them.
#ifndef OSTIARY_TESTS_REFERENCE_CONTRACT_WORDS_H_
#define OSTIARY_TESTS_REFERENCE_CONTRACT_WORDS_H_

#include <map>
#include <set>
#include <string>

namespace ostiary::reference {

// Every kind, with every reason that a decision of that kind can have.
inline const std::map<std::string, std::set<std::string>>& ReasonsByKind() {
  static const auto& reasons = *new std::map<std::string, std::set<std::string>>([] {
    const std::set<std::string> of_every_kind = {"SERVER_DENIED", "SERVER_NOT_ALLOWED",
                                                 "UNKNOWN_AGENT", "UNKNOWN_AGENT_ALLOWED"};
    std::map<std::string, std::set<std::string>> by_kind = {{"SERVER", of_every_kind}};
    by_kind["SERVER"].insert("SERVER_ALLOWED");
    for (const std::string kind : {"TOOL", "RESOURCE", "PROMPT"}) {
      by_kind[kind] = of_every_kind;
      by_kind[kind].insert({"EXPLICIT_DENY", "PATTERN_DENY", "EXPLICIT_ALLOW", "PATTERN_ALLOW",
                            "IMPLICIT_GRANT", kind + "_NOT_ALLOWED"});
    }
    return by_kind;
  }());
  return reasons;
}

}  // namespace ostiary::reference

#endif  // OSTIARY_TESTS_REFERENCE_CONTRACT_WORDS_H_
