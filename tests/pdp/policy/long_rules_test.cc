// The search of lists that are not short at once, against searches of each.
#include "pdp/policy/long_rules.h"

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "pdp/policy/arena.h"
#include "pdp/policy/key_index_builder.h"
#include "tests/pdp/policy/one_by_one.h"

namespace ostiary::pdp {
namespace {

using Step = ShortRules::Step;

// The same by Find and by the steps for one candidate.
ShortRules::Found Find(const LongRules& rules, absl::string_view text) {
  const SearchName name(text);
  const ShortRules::Found found = rules.Find(name);
  if (!rules.index().is_simple()) return found;
  KeyIndex::Place place;
  const KeyIndex::Candidates candidates = rules.index().FindOne(name, &place);
  if (candidates == KeyIndex::Candidates::kOthers) return found;
  ShortRules::Found by_one;
  if (candidates == KeyIndex::Candidates::kOne) {
    by_one = rules.FindAt(place, SearchName::ToCompare(text));
    ShortRules::Found plain;
    if (rules.FindPlain(place, name, &plain)) {
      EXPECT_EQ(plain, by_one) << text;
    }
  }
  EXPECT_EQ(by_one, found) << text;
  return found;
}

LongRules Rules(const ShortRules::Lists& lists, Arena* arena) {
  return LongRules(lists, KeyIndexBuilder(arena).Build(lists));
}

TEST(LongRulesTest, TakesListsOfWhichOneIsLong) {
  Arena arena;
  const PatternList* const sixteen = ListOf(Names(16), &arena);
  const PatternList* const seventeen = ListOf(Names(17), &arena);
  EXPECT_FALSE(LongRules::Take({}));
  EXPECT_FALSE(LongRules::Take({sixteen, sixteen, sixteen}));
  EXPECT_TRUE(LongRules::Take({nullptr, seventeen, sixteen}));
}

TEST(LongRulesTest, FindsTheFirstStepThatDecides) {
  Arena arena;
  const LongRules rules = Rules(
      {ListOf({"x*", "a*", "a1", "b?3", "z*"}, &arena), ListOf({"b1", "a2", "b*", "c9"}, &arena),
       ListOf({"c1", "*1", "a7", "c9", "c*", "c*2"}, &arena)},
      &arena);
  const auto expect = [&rules](absl::string_view name, Step step, uint32_t entry) {
    EXPECT_EQ(Find(rules, name), (ShortRules::Found{step, entry})) << name;
  };
  expect("a1", Step::kOwnDenyEquals, 2);
  expect("a2", Step::kAllDenyEquals, 1);
  expect("a3", Step::kOwnDenyMatches, 1);
  expect("a7", Step::kOwnDenyMatches, 1);  // before an allow that equals
  expect("b1", Step::kAllDenyEquals, 0);
  expect("b2", Step::kAllDenyMatches, 2);
  expect("bx3", Step::kOwnDenyMatches, 3);
  expect("c1", Step::kAllowEquals, 0);
  expect("c2", Step::kAllowMatches, 4);
  expect("c9", Step::kAllDenyEquals, 3);
  expect("d1", Step::kAllowMatches, 1);
  expect("b?3", Step::kOwnDenyEquals, 3);
  expect("c*2", Step::kAllowEquals, 5);
  expect("d", Step::kNone, 0);
  expect("", Step::kNone, 0);
}

TEST(LongRulesTest, FindsTheFirstOfRepeatedEntries) {
  Arena arena;
  const LongRules rules = Rules({ListOf({"n", "p*", "n", "p*", "*s", "*s"}, &arena), nullptr,
                                 ListOf({"q*", "n", "p*", "n", "q*"}, &arena)},
                                &arena);
  EXPECT_EQ(Find(rules, "n"), (ShortRules::Found{Step::kOwnDenyEquals, 0}));
  EXPECT_EQ(Find(rules, "px"), (ShortRules::Found{Step::kOwnDenyMatches, 1}));
  EXPECT_EQ(Find(rules, "xs"), (ShortRules::Found{Step::kOwnDenyMatches, 4}));
  EXPECT_EQ(Find(rules, "qx"), (ShortRules::Found{Step::kAllowMatches, 0}));
}

// Around the sizes at which texts leave their entries, and tables their buckets.
TEST(LongRulesTest, AgreesWithASearchListByList) {
  std::mt19937 random(6);  // NOLINT: the same cases every time
  const auto word = [&](size_t longest) {
    std::string out;
    for (size_t i = random() % (longest + 1); i > 0; --i) out += "ab\0*?["[random() % 24 / 4];
    return out;
  };
  const std::vector<std::string> stems = {"", "1234567", "123456789012345", "1234567890123456"};
  size_t found = 0;
  for (int round = 0; round < 300; ++round) {
    Arena arena;
    const std::string& stem = stems[random() % stems.size()];
    const size_t longest = random() % 4 == 0 ? 300 : 60;
    const bool few_sizes = random() % 2 == 0;
    ShortRules::Lists lists{};
    for (size_t i = 0; i < lists.size(); ++i) {
      std::vector<std::string> entries;
      for (size_t n = random() % longest; n > 0; --n) {
        const std::string end = random() % 2 == 0 ? "*" : "";
        if (few_sizes) {
          entries.push_back(random() % 3 == 0 ? absl::StrCat(end, stem, random() % 100)
                                              : absl::StrCat(random() % 100, stem, end));
        } else {
          entries.push_back(random() % 3 == 0 ? absl::StrCat(end, word(3), stem, word(3))
                                              : absl::StrCat(word(3), stem, word(3), end));
        }
      }
      if (!entries.empty()) lists[i] = ListOf(entries, &arena);
    }
    const LongRules rules = Rules(lists, &arena);
    for (int i = 0; i < 200; ++i) {
      const std::string in_the_middle = random() % 8 == 0 ? "" : stem;
      const std::string name = few_sizes
                                   ? absl::StrCat(random() % 100, in_the_middle, random() % 100)
                                   : absl::StrCat(word(4), in_the_middle, word(4));
      const ShortRules::Found at_once = Find(rules, name);
      ASSERT_EQ(at_once, FindOneByOne(lists, name)) << name;
      found += at_once.step != Step::kNone ? 1 : 0;
    }
  }
  EXPECT_GT(found, 10'000u);
}

}  // namespace
}  // namespace ostiary::pdp
