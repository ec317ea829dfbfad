// What a rules file says, entry by entry, with the places: the parser's result and the compiler's
// and the lint's input. Plain values over views of the file's text (or of strings that the parser
// keeps), used by one load.
#ifndef OSTIARY_PDP_POLICY_RULES_DOCUMENT_H_
#define OSTIARY_PDP_POLICY_RULES_DOCUMENT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace ostiary::pdp {

// The keys of a section that hold lists by server; the index of an array below.
enum class NameKind : uint8_t { kTools, kResources, kPrompts };
inline constexpr size_t kNameKinds = 3;
// "tools", "resources", "prompts".
absl::string_view NameKindKey(size_t kind);

// What a compiled list can hold of one entry: the limit on a pattern's bytes is never more.
inline constexpr size_t kMaxEntryBytes = (size_t{1} << 29) - 1;

// All offsets are bytes from the start of the file.
struct RuleEntry {
  absl::string_view text;
  uint32_t offset = 0;
  bool maybe_pattern = true;  // false: it surely has no wildcard
};

struct RuleList {
  absl::string_view server;  // "*" for all; empty for a list of servers
  uint32_t key_offset = 0;
  uint32_t offset = 0;
  absl::string_view raw;  // the list as written: lists with equal bytes are stored once
  // Its entries, among those of the agent.
  uint32_t first_entry = 0;
  uint32_t entry_count = 0;

  bool empty() const { return entry_count == 0; }
};

struct RuleSection {
  std::optional<RuleList> servers;
  std::array<std::vector<RuleList>, kNameKinds> names;
};

struct AgentRules {
  absl::string_view id;
  uint32_t offset = 0;  // of the agent's object
  RuleSection allow;
  RuleSection deny;
  std::vector<RuleEntry> all_entries;  // of all lists: one agent's memory serves the next

  absl::Span<const RuleEntry> entries(const RuleList& list) const {
    return {all_entries.data() + list.first_entry, list.entry_count};
  }
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_RULES_DOCUMENT_H_
