// Rules of many agents, as text, for the benchmarks of loading.
#ifndef OSTIARY_TESTS_BENCH_RULES_TEXT_H_
#define OSTIARY_TESTS_BENCH_RULES_TEXT_H_

#include <cstddef>
#include <string>

namespace ostiary::bench {

struct RulesShape {
  size_t agents = 100'000;
  size_t patterns = 10;       // of the allow list, and as many of the deny list
  size_t policies = 100'000;  // agents beyond so many repeat what others may do
  size_t edited_agent = 0;    // whose allow list has one entry more
};

// Compact JSON. Half of the entries of a list are exact names, the rest prefixes, suffixes and, one
// in sixteen, a wildcard in the middle. Agents are "agent-0" and so on; all use the server "files".
std::string RulesText(const RulesShape& shape);

// A tool that the agent may use, however the shape was edited.
std::string AllowedTool(size_t policy);

}  // namespace ostiary::bench

#endif  // OSTIARY_TESTS_BENCH_RULES_TEXT_H_
