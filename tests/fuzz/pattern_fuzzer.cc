// Pattern lists on any bytes: the last line is a name, those before it are entries. Each search
// finds what a walk with the naive matcher finds.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "pdp/policy/arena.h"
#include "pdp/policy/key_index_builder.h"
#include "pdp/policy/long_rules.h"
#include "pdp/policy/pattern_list.h"
#include "pdp/policy/utf8.h"
#include "tests/fuzz/fuzz_check.h"
#include "tests/pdp/policy/naive_glob.h"

namespace ostiary::pdp {
namespace {

// The naive matcher's time grows with the name's length to the power of the stars.
constexpr size_t kMaxNaiveStars = 5;
constexpr size_t kMaxNaiveSize = 64;

bool IsForNaive(absl::string_view pattern) {
  return IsUtf8(pattern) && pattern.size() <= kMaxNaiveSize &&
         std::count(pattern.begin(), pattern.end(), '*') <= static_cast<int>(kMaxNaiveStars);
}

// Whether the list's entry is a pattern: one without wildcards is only ever equal.
bool HasWildcard(absl::string_view entry) {
  ParsedPattern parsed;
  return ParsePattern(entry, &parsed).ok() && parsed.shape != PatternShape::kLiteral;
}

// An index finds the same in a list of any length.
void CheckIndex(const PatternList& list, const PatternList::Match& match, absl::string_view text) {
  Arena arena;
  const SearchName name(text);
  const ShortRules::Lists lists = {nullptr, nullptr, &list};
  const LongRules rules(lists, KeyIndexBuilder(&arena).Build(lists));
  ShortRules::Found expected;
  if (match.exact != PatternList::kNoEntry) {
    expected = {ShortRules::Step::kAllowEquals, match.exact};
  } else if (match.pattern != PatternList::kNoEntry) {
    expected = {ShortRules::Step::kAllowMatches, match.pattern};
  }
  OSTIARY_FUZZ_CHECK(rules.Find(name) == expected, text);
  if (!rules.index().is_simple()) return;
  KeyIndex::Place place{};
  const KeyIndex::Candidates candidates = rules.index().FindOne(name, &place);
  if (candidates == KeyIndex::Candidates::kOthers) return;
  const ShortRules::Found one = candidates == KeyIndex::Candidates::kNone
                                    ? ShortRules::Found{}
                                    : rules.FindAt(place, SearchName::ToCompare(text));
  OSTIARY_FUZZ_CHECK(one == expected, text);
}

void CheckLines(absl::string_view lines) {
  std::vector<absl::string_view> entries = absl::StrSplit(lines, '\n');
  const absl::string_view name = entries.back();
  entries.pop_back();

  std::vector<RuleEntry> good;
  bool comparable = name.size() <= kMaxNaiveSize && entries.size() <= 200;
  for (const absl::string_view entry : entries) {
    ParsedPattern parsed;
    const bool is_good = ParsePattern(entry, &parsed).ok();
    if (!IsForNaive(entry)) {
      comparable = false;
    } else {
      OSTIARY_FUZZ_CHECK(is_good == NaiveGlobMatch(entry, "").has_value(), entry);
    }
    if (is_good) good.push_back({entry, 0});
  }

  Arena arena;
  const PatternList* list = PatternList::Create(good, 0, &arena);
  const PatternList::Match match = list->Find(SearchName(name));
  CheckIndex(*list, match, name);
  if (!comparable) return;
  uint32_t naive_exact = PatternList::kNoEntry;
  uint32_t naive_pattern = PatternList::kNoEntry;
  for (uint32_t i = static_cast<uint32_t>(good.size()); i-- > 0;) {
    if (good[i].text == name) naive_exact = i;
    if (HasWildcard(good[i].text) && NaiveGlobMatch(good[i].text, name) == true) naive_pattern = i;
  }
  if (naive_exact != PatternList::kNoEntry) naive_pattern = PatternList::kNoEntry;
  OSTIARY_FUZZ_CHECK(match.exact == naive_exact, name);
  OSTIARY_FUZZ_CHECK(match.pattern == naive_pattern, name);
}

}  // namespace
}  // namespace ostiary::pdp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ostiary::pdp::CheckLines(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
