// RandomPolicy: small random rules and requests that fit each other, so that every step of the
// evaluation decides often: a few characters, names made from the patterns, few servers and agents.
// The same seed gives the same sequence. For one thread.
#ifndef OSTIARY_TESTS_REFERENCE_RANDOM_POLICY_H_
#define OSTIARY_TESTS_REFERENCE_RANDOM_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

namespace ostiary::reference {

struct Request {
  std::string agent;
  std::string server;
  std::string kind;
  std::string name;
};

class RandomPolicy {
 public:
  using Json = nlohmann::ordered_json;

  explicit RandomPolicy(uint64_t seed) : random_(seed) {}

  // New rules, on which the requests and the texts that follow are based.
  const Json& NextRules();
  Request NextRequest();
  // The present rules as a text, in one of many layouts.
  std::string NextText();

 private:
  enum class Section { kAllow, kDeny };

  size_t Below(size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
  }
  bool Percent(size_t chance) { return Below(100) < chance; }
  const std::string& OneOf(const std::vector<std::string>& choices) {
    return choices[Below(choices.size())];
  }

  std::string RandomCharacters(size_t most);
  std::string RandomPattern();
  // A name that the pattern matches, or nearly.
  std::string NameFor(const std::string& pattern);
  std::string PatternOrName(const std::vector<std::string>& patterns);
  Json RandomList(const std::vector<std::string>& patterns);
  Json RandomLists();
  Json RandomSection(Section of);
  Json RandomDefaults();

  std::mt19937_64 random_;
  Json rules_;
  // What the present rules are made of.
  std::vector<std::string> patterns_;
  std::vector<std::string> server_patterns_;
  std::vector<std::string> servers_;
};

}  // namespace ostiary::reference

#endif  // OSTIARY_TESTS_REFERENCE_RANDOM_POLICY_H_
