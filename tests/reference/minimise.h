// Minimise: makes rules and a request smaller while something stays true of them.
#ifndef OSTIARY_TESTS_REFERENCE_MINIMISE_H_
#define OSTIARY_TESTS_REFERENCE_MINIMISE_H_

#include <functional>

#include "tests/reference/random_policy.h"

namespace ostiary::reference {

struct Repro {
  RandomPolicy::Json rules;
  Request request;
};

// Takes away members, entries and characters, one at a time, until none can go. `fails` must hold
// for what is given.
Repro Minimise(Repro repro, const std::function<bool(const Repro&)>& fails);

}  // namespace ostiary::reference

#endif  // OSTIARY_TESTS_REFERENCE_MINIMISE_H_
