// What a search of several lists at once must find: each list is searched by itself.
#ifndef OSTIARY_TESTS_PDP_POLICY_ONE_BY_ONE_H_
#define OSTIARY_TESTS_PDP_POLICY_ONE_BY_ONE_H_

#include <array>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "pdp/policy/arena.h"
#include "pdp/policy/pattern_list.h"
#include "pdp/policy/short_rules.h"

namespace ostiary::pdp {

inline std::vector<std::string> Names(size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back(absl::StrCat("name-", i));
  return names;
}

inline const PatternList* ListOf(const std::vector<std::string>& texts, Arena* arena) {
  std::vector<RuleEntry> entries;
  for (const std::string& text : texts) entries.push_back({text, 0});
  return PatternList::Create(entries, 0, arena);
}

inline const ShortRules* ShortRulesOf(const ShortRules::Lists& lists, Arena* arena) {
  size_t entries = 0;
  for (const PatternList* list : lists) entries += list == nullptr ? 0 : list->size();
  return ShortRules::Make(lists, arena->NewBytes(ShortRules::SizeFor(entries), 8));
}

// The steps taken in their order.
inline ShortRules::Found FindOneByOne(const ShortRules::Lists& lists, absl::string_view name) {
  using Step = ShortRules::Step;
  constexpr uint32_t kNone = PatternList::kNoEntry;
  std::array<PatternList::Match, ShortRules::kSources> matches;
  for (size_t i = 0; i < lists.size(); ++i) {
    if (lists[i] != nullptr) matches[i] = lists[i]->Find(SearchName(name));
  }
  const auto& [own, all, allow] = matches;
  if (own.exact != kNone) return {Step::kOwnDenyEquals, own.exact};
  if (all.exact != kNone) return {Step::kAllDenyEquals, all.exact};
  if (own.pattern != kNone) return {Step::kOwnDenyMatches, own.pattern};
  if (all.pattern != kNone) return {Step::kAllDenyMatches, all.pattern};
  if (allow.exact != kNone) return {Step::kAllowEquals, allow.exact};
  if (allow.pattern != kNone) return {Step::kAllowMatches, allow.pattern};
  return {};
}

}  // namespace ostiary::pdp

#endif  // OSTIARY_TESTS_PDP_POLICY_ONE_BY_ONE_H_
