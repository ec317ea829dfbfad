// The search of several short lists at once, against searches of each.
#include "pdp/policy/short_rules.h"

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "pdp/policy/arena.h"
#include "tests/pdp/policy/one_by_one.h"

namespace ostiary::pdp {
namespace {

using Step = ShortRules::Step;

TEST(ShortRulesTest, TakesListsThatAreShortTogether) {
  Arena arena;
  const PatternList* const sixteen = ListOf(Names(16), &arena);
  EXPECT_TRUE(ShortRules::Take({}));
  EXPECT_TRUE(ShortRules::Take({sixteen, nullptr, sixteen}));
  EXPECT_FALSE(ShortRules::Take({sixteen, ListOf({"a"}, &arena), sixteen}));
  EXPECT_FALSE(ShortRules::Take({ListOf(Names(17), &arena)}));
  EXPECT_TRUE(ShortRules::Take({ListOf({std::string(16, 'x') + "*"}, &arena)}));
  EXPECT_FALSE(ShortRules::Take({ListOf({std::string(17, 'x') + "*"}, &arena)}));
}

TEST(ShortRulesTest, FindsTheFirstStepThatDecides) {
  Arena arena;
  const ShortRules& rules =
      *ShortRulesOf({ListOf({"x*", "a*", "a1", "*"}, &arena), ListOf({"b1", "a2", "b*"}, &arena),
                     ListOf({"c1", "*1"}, &arena)},
                    &arena);
  const auto expect = [&rules](absl::string_view name, Step step, uint32_t entry) {
    const ShortRules::Found found = rules.Find(SearchName(name));
    EXPECT_EQ(found.step, step) << name;
    EXPECT_EQ(found.entry, entry) << name;
  };
  expect("a1", Step::kOwnDenyEquals, 2);
  expect("a2", Step::kAllDenyEquals, 1);
  expect("a3", Step::kOwnDenyMatches, 1);
  expect("b1", Step::kAllDenyEquals, 0);
  expect("b2", Step::kOwnDenyMatches, 3);
  expect("*", Step::kOwnDenyEquals, 3);
  expect("a*", Step::kOwnDenyEquals, 1);
}

// By the steps for one candidate. It takes more than they do where a pattern has the name's size.
bool FindPlain(const ShortRules& rules, absl::string_view text, ShortRules::Found* found) {
  const SearchName name(text);
  const uint32_t candidates = rules.Candidates(name);
  EXPECT_TRUE(candidates != 0 && (candidates & (candidates - 1)) == 0) << text;
  return rules.FindPlain(candidates, name, found);
}

// Each entry of each list, where they fill what tags there may be and where they do not.
TEST(ShortRulesTest, FindsTheOneCandidate) {
  for (const size_t size : {1, 2, 8, 10}) {
    Arena arena;
    ShortRules::Lists lists{};
    const auto entries = [&](const std::string& list) {
      std::vector<std::string> texts;
      for (size_t i = 0; i < size; ++i) {
        const std::string text = absl::StrCat(list, "_", i);
        texts.push_back(i % 3 == 0 ? text : i % 3 == 1 ? text + "-*" : "*-" + text);
      }
      return texts;
    };
    const std::vector<std::string> names = {"own", "all", "allow"};
    for (size_t i = 0; i < lists.size(); ++i) lists[i] = ListOf(entries(names[i]), &arena);
    const ShortRules& rules = *ShortRulesOf(lists, &arena);
    for (size_t source = 0; source < lists.size(); ++source) {
      for (uint32_t i = 0; i < size; ++i) {
        const std::string text = absl::StrCat(names[source], "_", i);
        const std::string name = i % 3 == 0 ? text : i % 3 == 1 ? text + "-in" : "in-" + text;
        ShortRules::Found found;
        EXPECT_TRUE(FindPlain(rules, name, &found)) << name;
        EXPECT_EQ(found, (ShortRules::Found{ShortRules::StepOf(source, i % 3 == 0), i})) << name;
      }
    }
  }
}

// A tag is 15 bits: names that nobody wrote have that of an entry now and then.
TEST(ShortRulesTest, ComparesWhatHasTheTagOfAnEntry) {
  Arena arena;
  const ShortRules& rules =
      *ShortRulesOf({nullptr, nullptr, ListOf({"read", "get_*", "*_by"}, &arena)}, &arena);
  size_t compared = 0;
  for (int i = 100'000; i < 1'000'000 && compared < 20; ++i) {
    const std::string text = absl::StrCat(i);
    const SearchName name(text);
    const uint32_t candidates = rules.Candidates(name);
    if (candidates == 0) continue;
    ++compared;
    EXPECT_EQ(rules.Find(name), ShortRules::Found{}) << text;
    ShortRules::Found found;
    EXPECT_TRUE(rules.FindPlain(candidates, name, &found)) << text;
    EXPECT_EQ(found, ShortRules::Found{}) << text;
  }
  EXPECT_EQ(compared, 20u);
}

// Whatever the memory held that the tags stand in, and holds behind them.
TEST(ShortRulesTest, HasNoTagsButThoseOfItsEntries) {
  const std::string text = "x";
  const SearchName name(text);
  for (const size_t count : {1, 23, 24, 25, 32}) {
    Arena arena;
    const std::vector<std::string> texts = Names(count);
    const std::vector<std::string> first(texts.begin(), texts.begin() + (count + 1) / 2);
    const std::vector<std::string> rest(texts.begin() + (count + 1) / 2, texts.end());
    const ShortRules::Lists lists = {ListOf(first, &arena), nullptr, ListOf(rest, &arena)};
    const size_t size = ShortRules::SizeFor(count);
    char* const memory = arena.NewBytes(size + 64, 8);
    const uint16_t tag = name.tag();
    for (size_t at = 0; at < size + 64; at += sizeof(tag)) {
      std::memcpy(memory + at, &tag, sizeof(tag));
    }
    EXPECT_EQ(ShortRules::Make(lists, memory)->Candidates(name), 0u) << count;
  }
}

TEST(ShortRulesTest, AgreesWithASearchListByList) {
  std::mt19937 random(5);  // NOLINT: the same cases every time
  const auto word = [&](size_t longest) {
    std::string out;
    for (size_t i = random() % (longest + 1); i > 0; --i) out += "ab*?"[random() % 20 / 9];
    return out;
  };
  const std::vector<std::string> stems = {"", "1234", "12345678", "12345678901234"};
  size_t found = 0;
  for (int round = 0; round < 2'000; ++round) {
    Arena arena;
    const std::string& stem = stems[random() % stems.size()];
    ShortRules::Lists lists{};
    for (size_t i = 0; i < lists.size(); ++i) {
      std::vector<std::string> entries;
      for (size_t n = random() % 12; n > 0; --n) {
        const std::string end = random() % 2 == 0 ? "*" : "";
        entries.push_back(random() % 3 == 0 ? absl::StrCat(end, word(2), stem, word(2))
                                            : absl::StrCat(word(2), stem, word(2), end));
      }
      if (!entries.empty()) lists[i] = ListOf(entries, &arena);
    }
    if (!ShortRules::Take(lists)) continue;
    const ShortRules& rules = *ShortRulesOf(lists, &arena);
    for (int i = 0; i < 100; ++i) {
      const std::string name = absl::StrCat(word(3), random() % 8 == 0 ? "" : stem, word(3));
      const ShortRules::Found one_by_one = FindOneByOne(lists, name);
      const ShortRules::Found at_once = rules.Find(SearchName(name));
      ASSERT_EQ(at_once.step, one_by_one.step) << name;
      ASSERT_EQ(at_once.entry, one_by_one.entry) << name;
      found += at_once.step != Step::kNone ? 1 : 0;
    }
  }
  EXPECT_GT(found, 10'000u);
}

}  // namespace
}  // namespace ostiary::pdp
