// The engine (pdp/policy), asked through its public functions, in the reference's words.
#ifndef OSTIARY_TESTS_REFERENCE_ENGINE_H_
#define OSTIARY_TESTS_REFERENCE_ENGINE_H_

#include <optional>
#include <string>

#include "pdp/policy/load.h"
#include "pdp/policy/snapshot.h"
#include "tests/reference/differential.h"

namespace ostiary::reference {

// The name that the rules file goes by.
inline constexpr char kRulesFileName[] = "rules.json";

// The rules alone, without a catalog.
pdp::LoadedPolicy LoadRules(const std::string& rules_text);

std::optional<Decider> LoadEngine(const std::string& rules_text);

// What a snapshot decides and explains. Fails the running test where a decision contradicts
// itself: no sentence, or a rule without its file.
Outcome AskEngine(const pdp::PolicySnapshot& snapshot, const Request& request);

}  // namespace ostiary::reference

#endif  // OSTIARY_TESTS_REFERENCE_ENGINE_H_
