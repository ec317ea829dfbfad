// A second reading of what bindings mean, to compare with: it tries every way in which a capture
// could be taken. Slow.
#ifndef OSTIARY_TESTS_PDP_IDENTITY_NAIVE_BINDINGS_H_
#define OSTIARY_TESTS_PDP_IDENTITY_NAIVE_BINDINGS_H_

#include <map>
#include <string>
#include <vector>

namespace ostiary::pdp {

// One binding of well-formed texts.
struct NaiveBinding {
  std::string identity;
  std::vector<std::string> agents;
};

// Every way to read `identity` as `form`: what each capture took. None for what is no identity.
std::vector<std::map<std::string, std::string>> NaiveReadings(const std::string& form,
                                                              const std::string& identity);

bool NaiveMayActAs(const std::vector<NaiveBinding>& bindings, const std::string& identity,
                   const std::string& agent);

}  // namespace ostiary::pdp

#endif  // OSTIARY_TESTS_PDP_IDENTITY_NAIVE_BINDINGS_H_
