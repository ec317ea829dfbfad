// RulesReader: from the text of a rules file to a ReferencePolicy. For one text, in one thread.
#ifndef OSTIARY_TESTS_REFERENCE_RULES_READER_H_
#define OSTIARY_TESTS_REFERENCE_RULES_READER_H_

#include <string>

#include "nlohmann/json.hpp"
#include "tests/reference/reference_policy.h"

namespace ostiary::reference {

class RulesReader {
 public:
  explicit RulesReader(ReferencePolicy* policy) : policy_(policy) {}

  // False where the text is not a rules file; problem() then says why.
  bool Read(const std::string& rules_text);
  const std::string& problem() const { return problem_; }

 private:
  using Json = nlohmann::ordered_json;

  void Complain(const std::string& pointer, const std::string& what);
  void ReadDefaults(const Json& defaults);
  void ReadAgent(const Json& agent, const std::string& pointer, ReferencePolicy::Agent* into);
  void ReadSection(const Json& section, const std::string& pointer, ReferencePolicy::Section* into);
  void ReadLists(const Json& lists, const std::string& pointer,
                 ReferencePolicy::ListsByServer* into);
  void ReadList(const Json& list, const std::string& pointer, ReferencePolicy::List* into);

  ReferencePolicy* const policy_;
  std::string problem_;  // the first
};

// `parent` with one more step, escaped as RFC 6901 has it.
std::string PointerTo(const std::string& parent, const std::string& key);

}  // namespace ostiary::reference

#endif  // OSTIARY_TESTS_REFERENCE_RULES_READER_H_
