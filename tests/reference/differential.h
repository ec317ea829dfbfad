// Differential: random policies and requests, decided by the reference and by another evaluator,
// the subject; the first disagreement is made small enough to read.
#ifndef OSTIARY_TESTS_REFERENCE_DIFFERENTIAL_H_
#define OSTIARY_TESTS_REFERENCE_DIFFERENTIAL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "tests/reference/position_finder.h"
#include "tests/reference/random_policy.h"
#include "tests/reference/reference_policy.h"

namespace ostiary::reference {

// A decision with the place of its rule; {0, 0} where no rule decided.
struct Outcome {
  ReferenceDecision decision;
  Position position;

  bool operator==(const Outcome&) const = default;
};

// A loaded policy that decides, and the way to load one; nullopt where the text does not load.
using Decider = std::function<Outcome(const Request&)>;
using Loader = std::function<std::optional<Decider>(const std::string& rules_text)>;

// The reference as a subject.
std::optional<Decider> LoadReference(const std::string& rules_text);

struct DifferentialOptions {
  uint64_t seed = 1;
  size_t decisions = 150'000;
  size_t requests_per_policy = 100;
};

struct DifferentialResult {
  // Empty where both agreed throughout; else the smallest rules and request found on which they do
  // not, and what each decides.
  std::string disagreement;
  size_t policies = 0;
  // Rules that neither loads.
  size_t refused = 0;
  // By the reference: how often each reason of each kind occurred.
  std::map<std::string, std::map<std::string, size_t>> reasons_by_kind;
};

DifferentialResult Compare(const Loader& subject, const DifferentialOptions& options);

// The seed to use: OSTIARY_TEST_SEED, or a new one. Printed, so that a failure can be repeated.
uint64_t TestSeed();

}  // namespace ostiary::reference

#endif  // OSTIARY_TESTS_REFERENCE_DIFFERENTIAL_H_
