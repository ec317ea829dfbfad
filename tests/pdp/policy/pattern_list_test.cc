// Lists of patterns: which entry is found, in short lists and in indexed ones.
#include "pdp/policy/pattern_list.h"

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "pdp/policy/arena.h"
#include "pdp/policy/pattern_list_compiler.h"
#include "tests/pdp/policy/naive_glob.h"

namespace ostiary::pdp {
namespace {

constexpr uint32_t kNone = PatternList::kNoEntry;

// A list of these entries, each 10 bytes behind the last in a list at 1,000.
class List {
 public:
  explicit List(std::vector<std::string> texts) : texts_(std::move(texts)) {
    std::vector<RuleEntry> entries;
    for (size_t i = 0; i < texts_.size(); ++i) {
      entries.push_back({texts_[i], static_cast<uint32_t>(1001 + 10 * i)});
    }
    list_ = PatternList::Create(entries, 1000, &arena_);
  }
  const PatternList* operator->() const { return list_; }
  PatternList::Match Find(absl::string_view name) const { return list_->Find(SearchName(name)); }
  bool MayFind(absl::string_view name) const { return list_->MayFindAny({{{"no such"}, {name}}}); }
  uint32_t Exact(absl::string_view name) const { return Find(name).exact; }
  uint32_t Pattern(absl::string_view name) const { return Find(name).pattern; }

  // What a walk over the entries finds.
  uint32_t NaiveExact(absl::string_view name) const {
    for (uint32_t i = 0; i < texts_.size(); ++i) {
      if (texts_[i] == name) return i;
    }
    return kNone;
  }
  uint32_t NaivePattern(absl::string_view name) const {
    for (uint32_t i = 0; i < texts_.size(); ++i) {
      ParsedPattern parsed;
      if (!ParsePattern(texts_[i], &parsed).ok() || parsed.shape == PatternShape::kLiteral)
        continue;
      if (NaiveGlobMatch(texts_[i], name) == true) return i;
    }
    return kNone;
  }

 private:
  Arena arena_;
  const std::vector<std::string> texts_;
  const PatternList* list_;
};

// Entries that match nothing asked below, to make a list long enough for its indexes.
std::vector<std::string> Padded(std::vector<std::string> entries, size_t padding) {
  for (size_t i = 0; i < padding; ++i) {
    entries.push_back(absl::StrCat("pad-", i));
    entries.push_back(absl::StrCat("pad-p", i, "*"));
    entries.push_back(absl::StrCat("*pad-s", i));
  }
  return entries;
}

// Of entries without a key, what stands behind a "*" can still equal a name.
TEST(PatternListTest, FindsTheFirstOfRepeatedStars) {
  const List list(Padded({"?x", "n", "*", "*", "*y*", "*"}, 100));
  EXPECT_EQ(list.Pattern("ax"), 0u);
  EXPECT_EQ(list.Exact("n"), 1u);
  EXPECT_EQ(list.Pattern("ay"), 2u);
  EXPECT_EQ(list.Exact("*"), 2u);
  EXPECT_EQ(list.Exact("*y*"), 4u);
  EXPECT_EQ(list.Exact("pad-7"), list.NaiveExact("pad-7"));
}

TEST(PatternListTest, FindsTheFirstThatEqualsAndTheFirstThatMatches) {
  for (const size_t padding : {0, 20}) {
    const List list(
        Padded({"read_*", "read_file", "*_file", "read_file", "re?d_*", "read_f*"}, padding));
    EXPECT_EQ(list.Exact("read_file"), 1u);
    EXPECT_EQ(list.Pattern("read_file"), kNone);  // nobody asks where one equals
    EXPECT_EQ(list.Pattern("read_fil"), 0u);
    EXPECT_EQ(list.Exact("read_"), kNone);
    EXPECT_EQ(list.Exact("read_*"), 0u);  // a name may look like a pattern
    EXPECT_EQ(list.Pattern("write_file"), 2u);
    EXPECT_EQ(list.Pattern("reed_file"), 2u);
    EXPECT_EQ(list.Pattern("reed_x"), 4u);
    EXPECT_EQ(list.Pattern("x"), kNone);
    EXPECT_EQ(list.Pattern(""), kNone);
  }
}

TEST(PatternListTest, FindsTheLowestOfNestedPrefixesAndSuffixes) {
  for (const size_t padding : {0, 20}) {
    const List prefixes(Padded({"abc*", "ab*", "abcd*", "ab*", "a*"}, padding));
    EXPECT_EQ(prefixes.Pattern("abcdef"), 0u);
    EXPECT_EQ(prefixes.Pattern("abx"), 1u);
    EXPECT_EQ(prefixes.Pattern("ac"), 4u);
    EXPECT_EQ(prefixes.Pattern("b"), kNone);
    const List suffixes(Padded({"*cba", "*ba", "*dcba", "*ba", "*a"}, padding));
    EXPECT_EQ(suffixes.Pattern("fedcba"), 0u);
    EXPECT_EQ(suffixes.Pattern("xba"), 1u);
    EXPECT_EQ(suffixes.Pattern("ca"), 4u);
    EXPECT_EQ(suffixes.Pattern("b"), kNone);
  }
}

TEST(PatternListTest, KeepsItsEntriesAndTheirPlaces) {
  const List list({"one", "", "t*"});
  ASSERT_EQ(list->size(), 3u);
  EXPECT_EQ(list->entry(0), "one");
  EXPECT_EQ(list->entry(1), "");
  EXPECT_EQ(list->entry(2), "t*");
  EXPECT_EQ(list->entry_offset(0), 1u);
  EXPECT_EQ(list->entry_offset(2), 21u);
  EXPECT_EQ(list.Exact(""), 1u);
}

TEST(PatternListTest, CountsItsPatterns) {
  for (const size_t padding : {0, 20}) {
    const List list(
        Padded({"a*", "*b", "*", "a*b", "a?", "[x]", "*c*", "name", "[!]", "a[*"}, padding));
    EXPECT_EQ(list->pattern_count(), 8u + 2 * padding);
    EXPECT_EQ(list->glob_count(), 4u);
  }
}

TEST(PatternListTest, FindsNothingInAnEmptyList) {
  const List list({});
  EXPECT_EQ(list.Exact("x"), kNone);
  EXPECT_EQ(list.Pattern("x"), kNone);
}

TEST(PatternListTest, RulesOutWhatItDoesNotHave) {
  const List list({"read_file", "get_*", "*_by"});
  for (const char* name : {"read_file", "get_x", "put_by", "get_*"}) {
    EXPECT_TRUE(list.MayFind(name)) << name;
  }
  EXPECT_FALSE(list.MayFind("read_*"));
  EXPECT_FALSE(list.MayFind(""));
  EXPECT_FALSE(List({}).MayFind("x"));
  EXPECT_TRUE(List({"*"}).MayFind("x"));
  EXPECT_TRUE(List(Padded({"x"}, 20)).MayFind("x"));
}

TEST(PatternListTest, ComparesAllOfAPatternWhoseKeyIsFound) {
  for (const size_t padding : {0, 20}) {
    // All under the key "get_" or "_by".
    const List list(
        Padded({"get_*_by", "get_a*_by", "get_*", "get_[ab]*", "*_by", "get_*_by"}, padding));
    EXPECT_EQ(list.Pattern("get_x_by"), 0u);
    EXPECT_EQ(list.Pattern("get_by"), 2u);  // the ends may not overlap
    EXPECT_EQ(list.Pattern("put_by"), 4u);
    EXPECT_EQ(list.Exact("get_[ab]*"), 3u);
    EXPECT_EQ(list.Exact("get_*_by"), 0u);
  }
}

TEST(PatternListTest, TakesNoZerosForTheBytesThatANameLacks) {
  for (const size_t padding : {0, 20}) {
    const std::string zeros("a\0\0", 3);
    const List list(Padded({zeros, zeros + "*", "*" + zeros}, padding));
    EXPECT_EQ(list.Exact("a"), kNone);
    EXPECT_EQ(list.Pattern("a"), kNone);
    EXPECT_EQ(list.Exact(zeros), 0u);
    EXPECT_EQ(list.Pattern(zeros + "b"), 1u);
    EXPECT_EQ(list.Pattern("b" + zeros), 2u);
  }
}

// Keys of more sizes than stand in a list itself, and of more bytes than a hash reads at once.
TEST(PatternListTest, FindsKeysOfManySizes) {
  for (const size_t count : {3, 7, 8, 16, 17, 100}) {
    std::vector<std::string> entries;
    for (size_t i = 1; i <= count; ++i) entries.push_back(std::string(i * 3, 'x') + "y*");
    for (size_t i = 1; i <= count; ++i) entries.push_back("*y" + std::string(i * 3, 'z'));
    const List list(entries);
    for (size_t size = 1; size <= count * 3 + 2; ++size) {
      const bool is_key = size % 3 == 0 && size <= count * 3;
      const auto i = static_cast<uint32_t>(size / 3 - 1);
      EXPECT_EQ(list.Pattern(std::string(size, 'x') + "y"), is_key ? i : kNone) << size;
      EXPECT_EQ(list.Pattern(std::string(size, 'x') + "yz"), is_key ? i : kNone) << size;
      EXPECT_EQ(list.Pattern("y" + std::string(size, 'z')), is_key ? i + count : kNone) << size;
    }
  }
}

// More sizes of one end, and of both, than a list has room for: each key still has its entry, and
// the list what stands behind its sizes.
TEST(PatternListTest, FindsKeysOfAllShortSizesInAShortList) {
  for (const size_t prefixes : {0, 8, 16}) {
    std::vector<std::string> entries;
    for (size_t size = 16; size > 16 - prefixes; --size) {
      entries.push_back(std::string(size, 'x') + "*");
    }
    const auto first_suffix = static_cast<uint32_t>(entries.size());
    const size_t suffixes = 16 - prefixes;
    for (size_t size = 16; size > 16 - suffixes; --size) {
      entries.push_back("*" + std::string(size, 'z'));
    }
    const List list(entries);
    EXPECT_EQ(list->pattern_count(), 16u);
    EXPECT_EQ(list->glob_count(), 0u);
    for (uint32_t i = 0; i < 16; ++i) {
      EXPECT_EQ(list.Pattern(std::string(16 - i, 'x') + "y"), i < prefixes ? i : kNone);
      EXPECT_EQ(list.Pattern("y" + std::string(16 - i, 'z')),
                i < suffixes ? first_suffix + i : kNone);
    }
  }
}

// A key is no longer than 65,535 bytes, but all of the entry counts.
TEST(PatternListTest, ComparesAllOfAnEntryThatIsLongerThanAKey) {
  const std::string text(70'000, 'x');
  for (const size_t padding : {0, 20}) {
    const List list(Padded({text + "a*", "*b" + text, text + "c*d", text}, padding));
    EXPECT_EQ(list.Pattern(text + "a"), 0u);
    EXPECT_EQ(list.Pattern(text + "a and more"), 0u);
    EXPECT_EQ(list.Pattern("more and b" + text), 1u);
    EXPECT_EQ(list.Pattern(text + "c and d"), 2u);
    EXPECT_EQ(list.Exact(text), 3u);
    EXPECT_EQ(list.Pattern(text + "b"), kNone);
    EXPECT_EQ(list.Pattern("a" + text), kNone);
  }
}

// A load compiles all its lists with one.
TEST(PatternListTest, HasNothingOfTheListCompiledBefore) {
  Arena arena;
  PatternListCompiler compiler(&arena);
  const auto compile = [&](const std::vector<std::string>& texts) {
    std::vector<RuleEntry> entries;
    for (const std::string& text : texts) entries.push_back({text, 0});
    return compiler.Compile(entries, 0);
  };
  const std::vector<std::string> sizes[] = {
      {std::string(20, 'p') + "*", "*" + std::string(70, 's'), "a?b", "[ab]c*d"},
      {std::string(30, 'q') + "*", "*" + std::string(80, 't'), "e[fg]"},
      {std::string(25, 'r') + "*"},
      {"*" + std::string(75, 'u')}};
  for (const std::vector<std::string>& texts : sizes) {
    const PatternList* const list = compile(texts);
    EXPECT_FALSE(list->HasShortKeys());
    for (uint32_t i = 0; i < texts.size(); ++i) {
      std::string name = texts[i];
      for (char& c : name) c = c == '*' || c == '?' ? 'x' : c;
      if (name == "[ab]cxd") name = "acxd";
      if (name == "e[fg]") name = "ef";
      EXPECT_EQ(list->Find(SearchName(name)).pattern, i) << name;
    }
  }
  EXPECT_TRUE(compile({"a*"})->HasShortKeys());
}

TEST(PatternListTest, AgreesWithAWalkOverTheEntries) {
  std::mt19937 random(4);  // NOLINT: the same cases every time
  const auto word = [&](size_t longest) {
    std::string out;
    for (size_t i = random() % (longest + 1); i > 0; --i) {
      out.push_back(static_cast<char>('a' + random() % 3));
    }
    return out;
  };
  // Around the sizes at which hashes and comparisons change their way.
  const std::vector<std::string> stems = {"", "123456", "123456789012345", std::string(62, 'x')};
  size_t found = 0;
  for (int round = 0; round < 600; ++round) {
    const std::string& head = stems[random() % stems.size()];
    const std::string& tail = stems[random() % stems.size()];
    std::vector<std::string> entries;
    for (size_t i = random() % 60; i > 0; --i) {
      switch (random() % 6) {
        case 0:
          entries.push_back(head + word(5) + "*");
          break;
        case 1:
          entries.push_back("*" + word(5) + tail);
          break;
        case 2:
          entries.push_back(head + word(3) + "*" + word(3) + tail);
          break;
        case 3:
          entries.push_back(head + word(3) + "?" + word(3) + tail);
          break;
        case 4:
          entries.push_back("*" + word(2) + (random() % 2 == 0 ? "*" : "[ab]*"));
          break;
        default:
          entries.push_back(head + word(5) + tail);
      }
    }
    const List list(entries);
    for (int i = 0; i < 200; ++i) {
      const std::string name =
          (random() % 8 == 0 ? "" : head) + word(7) + (random() % 8 == 0 ? "" : tail);
      const uint32_t exact = list.NaiveExact(name);
      ASSERT_EQ(list.Exact(name), exact) << name;
      ASSERT_EQ(list.Pattern(name), exact == kNone ? list.NaivePattern(name) : kNone) << name;
      found += list.Pattern(name) != kNone ? 1 : 0;
      ASSERT_TRUE(list.MayFind(name) || (exact == kNone && list.Pattern(name) == kNone)) << name;
    }
  }
  EXPECT_GT(found, 10'000u);
}

}  // namespace
}  // namespace ostiary::pdp
