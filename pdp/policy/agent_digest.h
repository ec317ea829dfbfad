// AgentDigester: the digest of one agent's rules, equal for rules that read alike: without order,
// repetition, places, comments and empty lists.
//
// Belongs to one load; not thread-safe.
#ifndef OSTIARY_PDP_POLICY_AGENT_DIGEST_H_
#define OSTIARY_PDP_POLICY_AGENT_DIGEST_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/sha256.h"
#include "pdp/policy/rules_document.h"

namespace ostiary::pdp {

class AgentDigester {
 public:
  Sha256Digest Digest(const AgentRules& rules);

 private:
  struct Place {
    uint8_t section_and_kind;
    const RuleList* list;
  };
  // An entry with a number by which entries are ordered quickly.
  struct Keyed {
    uint64_t key;
    absl::string_view text;
  };

  void CollectLists(const RuleSection& section, uint8_t first_kind);
  // Bytes that the canonical text cannot exceed.
  size_t MostBytes(const AgentRules& rules) const;
  char* WriteList(absl::Span<const RuleEntry> entries, char* out);
  // Puts the entries of a list into sorted_, each once.
  void Sort(absl::Span<const RuleEntry> entries);
  // The same for few entries, without keys that are equal; otherwise it returns false.
  bool SortByCounting(absl::Span<const RuleEntry> entries);

  // Scratch.
  std::vector<Place> lists_;
  std::vector<Keyed> sorted_;
  std::vector<char> canonical_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_AGENT_DIGEST_H_
